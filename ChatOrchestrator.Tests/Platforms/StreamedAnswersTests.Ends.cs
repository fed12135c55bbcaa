using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Platforms;

namespace ChatOrchestrator.Tests.Platforms;

/// <summary>Answers that nobody finishes, and the end of the process.</summary>
public sealed partial class StreamedAnswersTests
{
    [Fact]
    public async Task What_nobody_asks_for_is_deleted_another_worker_has_it()
    {
        var draft = await ShownAsync();
        _time.Advance(StreamedAnswers.Idle - Second);
        Stream(draft, "more");
        await UntilAsync(() => _platform.Calls.Count == 2);
        _time.Advance(StreamedAnswers.Idle - Second);
        _platform.Calls.Count.ShouldBe(2);
        await AdvanceUntilAsync(() => _platform.Calls[^1].What == "delete", Second * 2);
        (await DeliverAsync(draft, DeliveryOf("final"))).ShouldBe("sent final");
    }

    [Fact]
    public async Task What_was_taken_and_never_delivered_is_deleted_too()
    {
        var draft = await ShownAsync();
        (await DeliverAsync(draft, DeliveryOf("final") with { Edit = _ => new DeliveryOutcome.Unknown("timeout") })).ShouldContain("timeout");
        await AdvanceUntilAsync(() => _platform.Calls[^1].What == "delete", Second * 2);
        await AdvanceUntilAsync(() => _answers.Count == 0, Second * 10);
    }

    [Fact]
    public async Task The_number_of_answers_is_bounded()
    {
        for (var i = 0; i < StreamedAnswers.MaxDrafts + 100; i++)
        {
            Stream(NewDraft($"chat {i}"), "x");
        }
        _answers.Count.ShouldBe(StreamedAnswers.MaxDrafts);
        await AdvanceUntilAsync(() => _answers.Count == 0, Second * 100);
    }

    [Fact]
    public async Task At_the_end_of_the_process_what_is_shown_is_deleted()
    {
        var draft = await ShownAsync();
        await _answers.DisposeAsync();
        _platform.Calls.Select(c => c.What).ShouldBe(["send", "delete"]);
        Stream(draft, Plenty);
        Stream(NewDraft(), Plenty);
        _answers.Count.ShouldBe(0);
    }

    [Fact]
    public async Task The_end_of_the_process_does_not_wait_for_a_platform_that_is_silent()
    {
        await ShownAsync();
        _platform.Answer = _ => new TaskCompletionSource<DraftCall>().Task.WaitAsync(TimeSpan.FromDays(1), _time);
        var end = _answers.DisposeAsync().AsTask();
        await AdvanceUntilAsync(() => end.IsCompleted);
        _platform.Answer = _ => Task.FromResult(DraftCall.Done());
        _time.Advance(TimeSpan.FromDays(1));
    }
}
