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
    private static readonly TimeSpan Apart = Second * 1.5;
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
        // Places are taken in advance here: the clock may move on while the first call is being recorded.
        (ofOne[1].At - ofOne[0].At).ShouldBeGreaterThanOrEqualTo(Apart - (Second * 0.3));
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
    public async Task The_final_text_is_put_into_the_shown_message()
    {
        var draft = await ShownAsync();
        (await DeliverAsync(draft, DeliveryOf("final"))).ShouldBe("edited m1 to final");
        await UntilAsync(() => _answers.Count == 0);
        _platform.Calls.Select(c => c.What).ShouldBe(["send"]);

        // A straggler of a later call finds nothing.
        _answers.Abandon(draft);
        (await _answers.TakeAsync(draft.AnswerId, CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public async Task An_answer_that_is_finished_before_anything_is_shown_is_sent()
    {
        var draft = NewDraft();
        Stream(draft, "Yes.");
        (await DeliverAsync(draft, DeliveryOf("Yes."))).ShouldBe("sent Yes.");
        await UntilAsync(() => _answers.Count == 0);
        _platform.Calls.ShouldBeEmpty();
        (await DeliverAsync(NewDraft(), DeliveryOf("Never streamed."))).ShouldBe("sent Never streamed.");
    }

    [Fact]
    public async Task Delivery_waits_for_the_call_under_way()
    {
        var under = new TaskCompletionSource<DraftCall>();
        _platform.Answer = c => c.What == "edit" ? under.Task : Task.FromResult(DraftCall.Done());
        var draft = await ShownAsync();
        Stream(draft, "more");
        await AdvanceUntilAsync(() => _platform.Calls.Count == 2);

        var delivery = DeliverAsync(draft, DeliveryOf("final"));
        delivery.IsCompleted.ShouldBeFalse();
        under.SetResult(DraftCall.Done());
        (await delivery.WaitAsync(Deadline)).ShouldBe("edited m1 to final");
    }

    [Fact]
    public async Task A_call_that_does_not_end_holds_up_nothing_and_its_message_is_deleted()
    {
        var under = new TaskCompletionSource<DraftCall>();
        _platform.Answer = c => c.What == "edit" ? under.Task : Task.FromResult(DraftCall.Done());
        var draft = await ShownAsync();
        Stream(draft, "more");
        await AdvanceUntilAsync(() => _platform.Calls.Count == 2);

        var delivery = DeliverAsync(draft, DeliveryOf("final"));
        await AdvanceUntilAsync(() => delivery.IsCompleted, Second);
        (await delivery).ShouldBe("sent final");
        under.SetResult(DraftCall.Done());
        await UntilAsync(() => _platform.Calls[^1] is { What: "delete", MessageId: "m1" });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_an_edit_that_went_wrong_the_final_text_is_a_new_message(bool isRefused)
    {
        var wrong = isRefused ? DraftCall.Refused : DraftCall.NoAnswer;
        var draft = await ShownAsync();
        _platform.Answer = c => Task.FromResult(c.What == "edit" ? wrong : DraftCall.Done());
        Stream(draft, "more");
        await AdvanceUntilAsync(() => _platform.Calls.Count == 2);
        Stream(draft, "and more");

        (await DeliverAsync(draft, DeliveryOf("final"))).ShouldBe("sent final");
        await UntilAsync(() => _platform.Calls[^1].What == "delete");
        _platform.Calls.Select(c => c.What).ShouldBe(["send", "edit", "delete"]);
    }

    [Fact]
    public async Task A_call_that_throws_is_logged_without_its_words_and_the_final_text_arrives()
    {
        _platform.Answer = _ => throw new InvalidOperationException("https://api.example/bot4711:SECRET/sendMessage");
        var draft = NewDraft();
        Stream(draft, Plenty);
        await UntilAsync(() => _log.ToString().Contains("broke"));
        (await DeliverAsync(draft, DeliveryOf("final"))).ShouldBe("sent final");
        _log.ToString().ShouldNotContain("SECRET");
        _log.ToString().ShouldContain(nameof(InvalidOperationException));
    }

    [Fact]
    public async Task A_final_edit_that_is_refused_becomes_a_new_message_and_the_draft_goes()
    {
        var draft = await ShownAsync();
        (await DeliverAsync(draft, DeliveryOf("final") with { Edit = _ => new DeliveryOutcome.Failed("message_gone", FailureScope.Part) })).ShouldBe("sent final");
        await UntilAsync(() => _platform.Calls[^1] is { What: "delete", MessageId: "m1" });
    }

    [Fact]
    public async Task A_final_edit_without_an_answer_is_tried_again_on_the_same_message()
    {
        var draft = await ShownAsync();
        var delivery = DeliveryOf("final");
        (await DeliverAsync(draft, delivery with { Edit = _ => new DeliveryOutcome.Unknown("timeout") })).ShouldContain("timeout");
        _time.Advance(Second * 30);
        (await DeliverAsync(draft, delivery with { Edit = _ => new DeliveryOutcome.Retry(Second * 7, "too_many_requests", true) })).ShouldContain("too_many");
        _time.Advance(Second * 30);
        (await DeliverAsync(draft, delivery)).ShouldBe("edited m1 to final");
        _platform.Calls.Select(c => c.What).ShouldBe(["send"]);
    }

    [Fact]
    public async Task A_final_edit_that_is_a_little_too_fast_waits_with_the_lane_in_hand()
    {
        var draft = await ShownAsync();
        var tries = 0;
        var delivery = DeliverAsync(draft, DeliveryOf("final") with
        {
            Edit = id => Interlocked.Increment(ref tries) == 1 ? new DeliveryOutcome.Retry(Second * 2, "too_many_requests", true) : new DeliveryOutcome.Delivered("edited"),
        });
        delivery.IsCompleted.ShouldBeFalse();
        await AdvanceUntilAsync(() => delivery.IsCompleted);
        (await delivery).ShouldBe("edited");
        tries.ShouldBe(2);
    }

    [Fact]
    public async Task A_part_that_no_text_becomes_is_sent_and_the_draft_goes()
    {
        var draft = await ShownAsync();
        (await DeliverAsync(draft, DeliveryOf("a picture") with { CanEdit = false })).ShouldBe("sent a picture");
        await UntilAsync(() => _platform.Calls[^1] is { What: "delete", MessageId: "m1" });
    }

    [Fact]
    public async Task Further_parts_are_sent_and_leave_the_draft_alone()
    {
        var draft = await ShownAsync();
        (await DeliverAsync(draft, DeliveryOf("second"), ordinal: 1)).ShouldBe("sent second");
        (await DeliverAsync(draft, DeliveryOf("first"))).ShouldBe("edited m1 to first");
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

    private static AnswerDraft NewDraft(string chat = "5012345678", string thread = "") =>
        new(new ChatAddress(chat, thread), Guid.CreateVersion7(), Guid.CreateVersion7());

    private static Delivery DeliveryOf(string text) => new(text, null);

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

    /// <summary>Delivers a part and says how that was done.</summary>
    private async Task<string> DeliverAsync(AnswerDraft draft, Delivery delivery, int ordinal = 0)
    {
        var edited = "";
        var outcome = await _answers.DeliverAsync(
            new OutboundPart(draft.AnswerId, ordinal, draft.Chat, delivery.Text, null, null, 0),
            delivery.CanEdit
                ? id =>
                {
                    edited = $"edited {id} to {delivery.Text}";
                    return Task.FromResult(delivery.Edit?.Invoke(id) ?? new DeliveryOutcome.Delivered(edited));
                }
        : null,
            () => Task.FromResult<DeliveryOutcome>(new DeliveryOutcome.Delivered($"sent {delivery.Text}")),
            CancellationToken.None);
        return outcome is DeliveryOutcome.Delivered delivered ? delivered.PlatformMessageId : outcome.ToString();
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

    private sealed record Delivery(string Text, Func<string, DeliveryOutcome>? Edit, bool CanEdit = true);
}
