using ChatOrchestrator.Infrastructure.Ai;

namespace ChatOrchestrator.Tests.Ai;

/// <summary>What a server gone wild writes is not kept to its end: it must not take the process with it.</summary>
public sealed class AnswerLengthTests
{
    private const int TooLong = OpenAIProvider.MaxAnswerBytes + 1, ALot = OpenAIProvider.MaxAnswerBytes / 2;

    [Theory]
    [InlineData("application/json", false)]
    [InlineData("application/json", true)]
    [InlineData("text/event-stream", true)]
    public async Task What_is_too_long_is_no_answer_and_asked_for_again(string contentType, bool stream)
    {
        await using var stub = await OpenAIStub.StartAsync();
        await using var host = new AiHost(stub.Endpoint);
        stub.Next(OpenAIStub.Raw(
            contentType == "application/json"
                ? $$$"""{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"{{{new string('x', TooLong)}}}"},"finish_reason":"stop"}]}"""
                : Event(TooLong),
            contentType));

        (await host.AskAsync(stream)).ShouldBe("Good day!");

        stub.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_stream_may_be_longer_than_any_of_its_events()
    {
        await using var stub = await OpenAIStub.StartAsync();
        await using var host = new AiHost(stub.Endpoint);
        stub.Next(OpenAIStub.Raw(string.Concat(Enumerable.Repeat(Event(ALot), 3)) + "data: [DONE]\n\n", "text/event-stream"));

        (await host.AskAsync(stream: true)).Length.ShouldBe(3 * ALot);
    }

    private static string Event(int length) =>
        $$$"""data: {"id":"c","choices":[{"index":0,"delta":{"role":"assistant","content":"{{{new string('x', length)}}}"},"finish_reason":"stop"}]}""" + "\n\n";
}
