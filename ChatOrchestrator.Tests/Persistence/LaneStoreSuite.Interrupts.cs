using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary><c>/stop</c> and <c>/reset</c> bypass the lane.</summary>
public abstract partial class LaneStoreSuite
{
    [StoreFact]
    public async Task An_interrupt_takes_the_lane_skips_what_waited_and_leaves_the_command()
    {
        var chat = await NewChatAsync();
        var waiting = await Inbox.AppendAsync([chat.Message("q1"), chat.Message("q2")], default);
        var lane = await ClaimAsync(chat);
        var command = (await chat.SayAsync("/stop", MessageKind.Command)).Sequence;

        await Lanes.InterruptAsync(chat.Id, command, "stop", default);

        (await CommitAsync(TestChat.Turn(lane, waiting[0].Sequence))).Held.ShouldBeFalse();
        (await Lanes.RenewAsync([lane.Lease], Lease, default)).ShouldBeEmpty();
        (await ReleaseAsync(lane)).Held.ShouldBeFalse();
        var skipped = (await TurnsAsync(chat)).Single();
        (skipped.FromSequence, skipped.ThroughSequence, skipped.State, skipped.Reason).ShouldBe((waiting[0].Sequence, waiting[1].Sequence, TurnState.Cancelled, "stop"));
        var next = await ClaimAsync(chat);
        next.TakenOverFrom.ShouldBeNull();
        (await LoadAsync(next)).Pending.Select(m => m.Text).ShouldBe(["/stop"]);
    }

    [StoreFact]
    public async Task An_interrupt_withdraws_what_has_not_been_sent()
    {
        var chat = await NewChatAsync();
        var (lane, turn, answer) = await AnsweredAsync(chat, "one", "two", "three");
        await CommitAsync(Outcome(lane, turn, 0, PartState.Sent));
        await CommitAsync(Outcome(lane, turn, 1, PartState.Unknown));
        var command = (await chat.SayAsync("/stop", MessageKind.Command)).Sequence;

        await Lanes.InterruptAsync(chat.Id, command, "stop", default);

        (await PartsAsync(chat)).Select(p => (p.State, p.Error)).ShouldBe([(PartState.Sent, null), (PartState.Cancelled, "stop"), (PartState.Cancelled, "stop")]);
        (await CommitAsync(Outcome(lane, turn, 1, PartState.Sent))).Held.ShouldBeFalse();
        var next = await ClaimAsync(chat);
        (await LoadAsync(next)).OpenParts.ShouldBeEmpty();
        (await ReleaseAsync(next, answer)).DueIn.ShouldNotBeNull("the command waits");
    }

    [StoreFact]
    public async Task An_interrupt_ends_a_rest_and_its_failed_attempts()
    {
        var chat = await NewChatAsync();
        var (message, _) = await chat.SayAsync();
        var lane = await ClaimAsync(chat);
        await CommitAsync(new DeliveryCommit { Lease = lane.Lease, Next = LaneNext.Hold, Hold = Lease, Failure = new FailedAttempt(message.Id, "model_timed_out") });
        var command = (await chat.SayAsync("/reset", MessageKind.Command)).Sequence;

        await Lanes.InterruptAsync(chat.Id, command, "reset", default);

        (await ClaimAsync(chat)).Attempts.ShouldBe(0);
    }

    [StoreFact]
    public async Task An_interrupt_with_nothing_waiting_leaves_no_turn()
    {
        var group = await NewChatAsync(isGroup: true);
        await ConverseAsync(group);
        var (_, asked) = await group.SayAsync("q");
        var lane = await ClaimAsync(group);
        await group.SayAsync("talk", MessageKind.Overheard);
        await CommitAsync(TestChat.Turn(lane, asked, answer: null));
        await ReleaseAsync(lane);
        var before = (await TurnsAsync(group)).Count;
        var command = (await group.SayAsync("/stop", MessageKind.Command)).Sequence;

        await Lanes.InterruptAsync(group.Id, command, "stop", default);

        (await TurnsAsync(group)).Count.ShouldBe(before, "talk among others waits for no answer");
        (await LoadAsync(await ClaimAsync(group))).Pending.Select(m => m.Text).ShouldBe(["/stop"]);
    }

    [StoreFact]
    public async Task An_interrupt_that_comes_when_the_command_is_answered_already_leaves_its_answer_and_its_lane_alone()
    {
        var chat = await NewChatAsync();
        var (_, command) = await chat.SayAsync("/reset", MessageKind.Command);
        var lane = await ClaimAsync(chat);
        var turn = TestChat.Turn(lane, command);
        await CommitAsync(turn);

        await Lanes.InterruptAsync(chat.Id, command, "reset", default);

        (await PartsAsync(chat)).ShouldHaveSingleItem().State.ShouldBe(PartState.Pending);
        (await CommitAsync(Outcome(lane, turn, 0, PartState.Retry) with { Next = LaneNext.Hold, Hold = Lease })).Held.ShouldBeTrue();
        await Lanes.InterruptAsync(chat.Id, command, "reset", default);
        (await PartsAsync(chat)).ShouldHaveSingleItem().State.ShouldBe(PartState.Retry);
    }

    [StoreFact]
    public async Task An_interrupt_of_a_conversation_that_is_gone_does_nothing()
    {
        var chat = await NewChatAsync();
        await DeleteAsync(chat);

        await Lanes.InterruptAsync(chat.Id, 1, "stop", default);

        (await TurnsAsync(chat)).ShouldBeEmpty();
    }
}
