using ChatOrchestrator.Infrastructure.Ai;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;

namespace ChatOrchestrator.Tests.Ai;

public sealed class DemoChatClientTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly DemoChatClient _demo;

    public DemoChatClientTests() => _demo = new DemoChatClient(_time);

    public void Dispose() => _demo.Dispose();

    [Fact]
    public async Task It_says_what_it_is_how_to_change_that_and_what_it_was_asked()
    {
        var answer = await AskAsync("What is\nthe time?");

        answer.ShouldContain("demo model");
        answer.ShouldContain("Ai:ApiKey");
        answer.ShouldContain("> What is\n> the time?");
        (await AskAsync("What is\nthe time?")).ShouldBe(answer);
    }

    [Theory]
    [InlineData("Hello")]
    [InlineData("long")]
    [InlineData("Markdown ")]
    [InlineData("")]
    public async Task It_streams_the_same_answer_in_pieces_within_seconds(string text)
    {
        var whole = await AskAsync(text);
        var updates = new List<ChatResponseUpdate>();
        var start = _time.GetUtcNow();

        var reading = ReadAsync();
        await reading.WaitAdvancing(_time);

        updates.Count.ShouldBeGreaterThan(5);
        string.Concat(updates.Select(u => u.Text)).ShouldBe(whole);
        var response = updates.ToChatResponse();
        response.FinishReason.ShouldBe(ChatFinishReason.Stop);
        response.ModelId.ShouldBe("demo");
        response.Usage!.OutputTokenCount!.Value.ShouldBeGreaterThan(0);
        (_time.GetUtcNow() - start).ShouldBeLessThan(TimeSpan.FromSeconds(10));

        async Task<bool> ReadAsync()
        {
            await foreach (var update in _demo.GetStreamingResponseAsync([new(ChatRole.User, text)]))
            {
                updates.Add(update);
            }
            return true;
        }
    }

    [Fact]
    public async Task Its_long_answer_fits_no_platforms_message_and_its_markdown_shows_every_kind()
    {
        (await AskAsync("long")).Length.ShouldBeGreaterThan(2 * 4096);
        var markdown = await AskAsync("markdown");
        foreach (var mark in new[] { "# ", "**", "```csharp", "| ", "> ", "1. ", "](https://" })
        {
            markdown.ShouldContain(mark);
        }
    }

    [Fact]
    public async Task A_long_question_is_quoted_in_part_without_splitting_a_character()
    {
        var answer = await AskAsync(new string('x', 499) + "😀" + new string('y', 100_000));

        answer.Length.ShouldBeLessThan(2_000);
        answer.ShouldContain("[…]");
        answer.Any(char.IsSurrogate).ShouldBeFalse();
    }

    [Fact]
    public async Task It_stops_when_the_caller_cancels()
    {
        using var caller = new CancellationTokenSource();
        var answer = _demo.GetResponseAsync([new(ChatRole.User, "Hi")], cancellationToken: caller.Token);

        await caller.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => answer);
    }

    private async Task<string> AskAsync(string text) =>
        (await _demo.GetResponseAsync([new(ChatRole.System, "Be kind."), new(ChatRole.User, text)]).WaitAdvancing(_time)).Text;
}
