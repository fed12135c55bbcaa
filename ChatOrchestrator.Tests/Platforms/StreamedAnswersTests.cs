using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Platforms;
using ChatOrchestrator.Tests.Fixtures;
using ChatOrchestrator.Tests.Platforms.Telegram;
using Microsoft.Extensions.Time.Testing;

namespace ChatOrchestrator.Tests.Platforms;

/// <summary>An answer in the making is shown by editing a message, and the final text is what remains.</summary>
public sealed partial class StreamedAnswersTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Apart = Second * 1.2; // 1.5 s less what the clock may move on while a call is being recorded
    private static readonly string Plenty = new('a', StreamedAnswers.FirstLength);
    private static readonly ConnectionSnapshot Connection = TelegramFixture.Connection("{}");

    private readonly FakeTimeProvider _time = new();
    private readonly CapturedLog _log = new();
    private readonly FakeDrafts _platform;
    private readonly StreamedAnswers _answers;

    public StreamedAnswersTests()
    {
        _platform = new FakeDrafts(_time);
        _answers = new StreamedAnswers(_platform, _time, _log.For<StreamedAnswers>());
    }

    public void Dispose() => _answers.Dispose();

    [Fact]
    public async Task The_first_message_waits_for_something_to_read()
    {
        var draft = NewDraft();
        Stream(draft, "Well");
        _time.Advance(Second / 2);
        Stream(draft, ", then");
        _platform.Calls.ShouldBeEmpty();

        await AdvanceUntilAsync(() => _platform.Calls.Count == 1);
        _platform.Calls[0].ShouldSatisfyAllConditions(
            c => (c.What, c.Text).ShouldBe(("send", "Well, then")),
            c => c.At.ShouldBeGreaterThanOrEqualTo(_time.Start + Second));
    }

    [Fact]
    public async Task With_enough_to_read_it_comes_at_once()
    {
        Stream(NewDraft(), "Well. ");
        await UntilAsync(() => _answers.Count == 1);
        Stream(NewDraft(), Plenty);
        await UntilAsync(() => _platform.Calls.Count == 1);
        _platform.Calls[0].Text.ShouldBe(Plenty);
    }

    [Fact]
    public async Task Edits_of_a_chat_keep_their_distance_and_show_all_there_is()
    {
        var draft = NewDraft();
        var text = Plenty;
        Stream(draft, text);
        for (var i = 0; i < 100; i++)
        {
            Stream(draft, $" {i}");
            text += $" {i}";
            _time.Advance(Second / 10);
            await Task.Yield();
        }
        await AdvanceUntilAsync(() => _platform.Texts.LastOrDefault() == text);

        _platform.Calls.Count.ShouldBeInRange(2, 9);
        _platform.Calls.Zip(_platform.Calls.Skip(1)).ShouldAllBe(p => p.Second.At - p.First.At >= Apart);
        _platform.Calls.Skip(1).ShouldAllBe(c => c.What == "edit" && c.MessageId == "m1");
    }

    [Fact]
    public async Task Two_answers_of_one_chat_share_its_pace_and_those_of_a_connection_its()
    {
        Stream(NewDraft("one", "t1"), Plenty);
        Stream(NewDraft("one", "t2"), Plenty);
        for (var i = 0; i < 8; i++)
        {
            Stream(NewDraft($"other {i}"), Plenty);
        }
        await AdvanceUntilAsync(() => _platform.Calls.Count == 10);

        var ofOne = _platform.Calls.Where(c => c.Draft.Chat.ChatId == "one").ToList();
        (ofOne[1].At - ofOne[0].At).ShouldBeGreaterThanOrEqualTo(Apart);
        (_platform.Calls[^1].At - _platform.Calls[0].At).ShouldBeGreaterThanOrEqualTo(Second * 0.5);
    }

    [Fact]
    public async Task A_platform_that_says_too_fast_is_left_in_peace_and_then_asked_half_as_often()
    {
        var draft = NewDraft();
        _platform.Answer = c => Task.FromResult(_platform.Calls.Count == 1 ? DraftCall.TooFast(Second * 7) : DraftCall.Done());
        Stream(draft, Plenty);
        await UntilAsync(() => _platform.Calls.Count == 1);
        await AdvanceUntilAsync(() => _platform.Calls.Count == 2);
        Stream(draft, "more");
        await AdvanceUntilAsync(() => _platform.Calls.Count == 3);

        var calls = _platform.Calls;
        calls.Select(c => c.What).ShouldBe(["send", "send", "edit"]);
        (calls[1].At - calls[0].At).ShouldBeGreaterThanOrEqualTo(Second * 7);
        (calls[2].At - calls[1].At).ShouldBeGreaterThanOrEqualTo(Second * 3);
    }

    [Fact]
    public async Task What_has_outgrown_the_message_is_not_sent_again()
    {
        _platform.Limit = 50;
        var draft = NewDraft();
        Stream(draft, Plenty);
        await UntilAsync(() => _platform.Calls.Count == 1);
        for (var i = 0; i < 20; i++)
        {
            Stream(draft, "more");
            _time.Advance(Second);
            await Task.Yield();
        }
        (await DeliverAsync(draft, DeliveryOf("final"))).ShouldBe("edited m1 to final");
        _platform.Calls.Select(c => c.Text).ShouldBe([Plenty[..50]]);
    }

    [Fact]
    public async Task What_is_abandoned_is_deleted_and_stragglers_do_not_bring_it_back()
    {
        var draft = await ShownAsync();
        _answers.Abandon(draft);
        Stream(draft, Plenty);
        await UntilAsync(() => _platform.Calls[^1] is { What: "delete", MessageId: "m1" });
        Stream(draft, Plenty);
        _time.Advance(Second * 10);
        (await DeliverAsync(draft, DeliveryOf("Sorry."))).ShouldBe("sent Sorry.");
        _platform.Calls.Select(c => c.What).ShouldBe(["send", "delete"]);

        await AdvanceUntilAsync(() => _answers.Count == 0, Second * 10);
    }

    [Fact]
    public async Task What_is_abandoned_while_it_is_sent_is_deleted_when_it_is_there()
    {
        var under = new TaskCompletionSource<DraftCall>();
        _platform.Answer = c => c.What == "send" ? under.Task : Task.FromResult(DraftCall.Done());
        var draft = NewDraft();
        Stream(draft, Plenty);
        await UntilAsync(() => _platform.Calls.Count == 1);
        _answers.Abandon(draft);
        under.SetResult(DraftCall.Done());
        await UntilAsync(() => _platform.Calls[^1] is { What: "delete", MessageId: "m1" });
    }

    [Fact]
    public async Task A_deletion_is_tried_again_when_the_platform_says_so()
    {
        var draft = await ShownAsync();
        _platform.Answer = c => Task.FromResult(_platform.Calls.Count(x => x.What == "delete") switch
        {
            1 => DraftCall.TooFast(Second * 3),
            2 => DraftCall.NoAnswer,
            _ => DraftCall.Done(),
        });
        _answers.Abandon(draft);
        await AdvanceUntilAsync(() => _platform.Calls.Count(c => c.What == "delete") == 3);
        var deletions = _platform.Calls.Where(c => c.What == "delete").ToList();
        (deletions[1].At - deletions[0].At).ShouldBeGreaterThanOrEqualTo(Second * 3);
        await AdvanceUntilAsync(() => _answers.Count == 0, Second * 10);
        _log.ToString().ShouldNotContain("could not be deleted");
    }

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

    private static AnswerDraft NewDraft(string chat = "5012345678", string thread = "") =>
        new(new ChatAddress(chat, thread), Guid.CreateVersion7(), Guid.CreateVersion7());

    private void Stream(AnswerDraft draft, string text) => _answers.Stream(Connection, draft, text);

    private async Task<AnswerDraft> ShownAsync()
    {
        var draft = NewDraft();
        Stream(draft, Plenty);
        await UntilAsync(() => _platform.Calls.Count == 1);
        // The call is recorded before it returns: what follows must find the message.
        await UntilAsync(() => _answers.IsShown(draft.AnswerId));
        return draft;
    }

    private static Task UntilAsync(Func<bool> condition) => Eventually.TrueAsync(condition, Deadline, "what the test waits for");

    private Task AdvanceUntilAsync(Func<bool> condition, TimeSpan? step = null) =>
        Eventually.TrueAsync(
            () =>
            {
                if (condition())
                {
                    return true;
                }
                _time.Advance(step ?? (Second / 10));
                return false;
            },
            Deadline,
            "what the test waits for");
}
