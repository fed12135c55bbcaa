using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Platforms;

namespace ChatOrchestrator.Tests.Platforms;

/// <summary>The final text arrives, whatever became of what was shown.</summary>
public sealed partial class StreamedAnswersTests
{
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

    private static Delivery DeliveryOf(string text) => new(text, null);

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

    private sealed record Delivery(string Text, Func<string, DeliveryOutcome>? Edit, bool CanEdit = true);
}
