using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>Delivery commits: the outcomes of parts, and how a lane is given back.</summary>
public abstract partial class LaneStoreSuite
{
    [StoreFact]
    public async Task A_lane_with_nothing_left_is_idle_when_released()
    {
        var chat = await NewChatAsync();
        await ConverseAsync(chat);

        var row = await LaneAsync(chat);

        (row.DueAt, row.HoldUntil, row.LeaseOwner).ShouldBe((null, null, null));
        row.DeliveredSequence.ShouldBe(row.OutboundSequence);
    }

    [StoreFact]
    public async Task A_lane_in_which_more_arrived_meanwhile_is_due_when_released()
    {
        var chat = await NewChatAsync();
        var (_, asked) = await chat.SayAsync();
        var lane = await ClaimAsync(chat);
        await chat.SayAsync();
        await CommitAsync(TestChat.Turn(lane, asked, answer: null));

        (await ReleaseAsync(lane)).DueIn.ShouldNotBeNull().ShouldBeLessThanOrEqualTo(TimeSpan.Zero);

        (await ClaimAsync(chat)).TakenOverFrom.ShouldBeNull();
    }

    [StoreFact]
    public async Task A_lane_with_parts_left_is_due_when_released()
    {
        var chat = await NewChatAsync();
        var (lane, _, _) = await AnsweredAsync(chat, "one", "two");

        (await ReleaseAsync(lane)).DueIn.ShouldNotBeNull().ShouldBeLessThanOrEqualTo(TimeSpan.Zero);

        (await LoadAsync(await ClaimAsync(chat))).OpenParts.Count.ShouldBe(2);
    }

    [StoreFact]
    public async Task A_lane_on_hold_is_due_after_a_while()
    {
        var chat = await NewChatAsync();
        var (lane, _, _) = await AnsweredAsync(chat, "one");

        var held = await CommitAsync(new DeliveryCommit { Lease = lane.Lease, Next = LaneNext.Hold, Hold = TimeSpan.FromMinutes(2) });

        held.DueIn.ShouldNotBeNull().ShouldBeInRange(TimeSpan.FromMinutes(1.9), TimeSpan.FromMinutes(2));
        (await TryClaimAsync(chat)).ShouldBeNull();
        await Store.ElapseAsync(chat.Id, TimeSpan.FromMinutes(2));
        (await ClaimAsync(chat)).TakenOverFrom.ShouldBeNull();
    }

    [StoreFact]
    public async Task Parts_are_sent_one_by_one_and_what_was_sent_is_not_open_any_more()
    {
        var chat = await NewChatAsync();
        var (lane, turn, answer) = await AnsweredAsync(chat, "one", "two", "three");

        var first = await CommitAsync(Outcome(lane, turn, 0, PartState.Sent) with { Part = Part(turn, 0, PartState.Sent) with { PlatformMessageId = "p-77" } });
        first.ShouldBe(new DeliveryCommitted(true, null));
        await Store.ElapseAsync(chat.Id, Lease);
        lane = await ClaimAsync(chat);

        (await LoadAsync(lane)).OpenParts.Select(p => p.Text).ShouldBe(["two", "three"]);
        var part = (await PartsAsync(chat))[0];
        (part.State, part.Attempts, part.PlatformMessageId, part.SentAt.HasValue, part.Error).ShouldBe((PartState.Sent, 1, "p-77", true, null));
        await CommitAsync(Outcome(lane, turn, 1, PartState.Sent));
        (await CommitAsync(Outcome(lane, turn, 2, PartState.Sent) with { DeliveredThrough = answer, Next = LaneNext.Release })).ShouldBe(new DeliveryCommitted(true, null));
        (await LaneAsync(chat)).DueAt.ShouldBeNull();
    }

    [StoreFact]
    public async Task A_part_to_be_tried_again_keeps_its_place_its_count_and_its_reason()
    {
        var chat = await NewChatAsync();
        var (lane, turn, _) = await AnsweredAsync(chat, "one", "two");
        foreach (var (state, error) in new[] { (PartState.Retry, "http_500"), (PartState.Unknown, "connection_broken"), (PartState.Retry, "http_502") })
        {
            var commit = Outcome(lane, turn, 0, state) with { Part = Part(turn, 0, state) with { Error = error }, Next = LaneNext.Hold, Hold = Lease };
            (await CommitAsync(commit)).Held.ShouldBeTrue();
            await Store.ElapseAsync(chat.Id, Lease);
            lane = await ClaimAsync(chat);
        }

        var parts = (await LoadAsync(lane)).OpenParts;

        parts.Select(p => (p.Text, p.State, p.Attempts)).ShouldBe([("one", PartState.Retry, 3), ("two", PartState.Pending, 0)]);
        (await PartsAsync(chat))[0].Error.ShouldBe("http_502");
        (await NotesAsync(chat)).Select(n => (n.Kind, n.Detail)).ShouldBe(
            [("part_retry", "part 0: http_500"), ("part_unknown", "part 0: connection_broken"), ("part_retry", "part 0: http_502")]);
        (await CommitAsync(Outcome(lane, turn, 0, PartState.Sent))).Held.ShouldBeTrue();
        (await PartsAsync(chat))[0].ShouldSatisfyAllConditions(p => p.State.ShouldBe(PartState.Sent), p => p.Attempts.ShouldBe(4));
    }

    [StoreFact]
    public async Task A_part_that_has_its_end_is_not_changed_by_another_outcome()
    {
        var chat = await NewChatAsync();
        var (lane, turn, _) = await AnsweredAsync(chat, "one");
        await CommitAsync(Outcome(lane, turn, 0, PartState.Sent));

        await CommitAsync(Outcome(lane, turn, 0, PartState.Retry));

        (await PartsAsync(chat)).Single().ShouldSatisfyAllConditions(p => p.State.ShouldBe(PartState.Sent), p => p.Attempts.ShouldBe(1));
    }

    [StoreFact]
    public async Task A_refused_part_fails_alone_or_with_the_rest_and_becomes_a_dead_letter()
    {
        var chat = await NewChatAsync();
        var (lane, turn, answer) = await AnsweredAsync(chat, "one", "two", "three", "four");
        await CommitAsync(Outcome(lane, turn, 0, PartState.Failed) with { Part = Part(turn, 0, PartState.Failed) with { Error = "too_long", Attempts = 1 } });
        (await PartsAsync(chat)).Select(p => p.State).ShouldBe([PartState.Failed, PartState.Pending, PartState.Pending, PartState.Pending]);
        await CommitAsync(Outcome(lane, turn, 1, PartState.Sent));

        await CommitAsync(new DeliveryCommit
        {
            Lease = lane.Lease,
            Part = Part(turn, 2, PartState.Failed) with { Error = "blocked", FailsRest = true, DeadLetter = true, Blocked = true, Attempts = 3 },
            DeliveredThrough = answer,
            Next = LaneNext.Release,
        });

        (await PartsAsync(chat)).Select(p => (p.State, p.Error)).ShouldBe(
            [(PartState.Failed, "too_long"), (PartState.Sent, null), (PartState.Failed, "blocked"), (PartState.Failed, "blocked")]);
        var letter = await ReadAsync(c => c.DeadLetters.SingleAsync(d => d.ConversationId == chat.Id));
        (letter.MessageId, letter.Stage, letter.Reason, letter.Attempts).ShouldBe((turn.AnswerId, "delivery", "blocked", 3));
        (await ReadAsync(c => c.Participants.SingleAsync(p => p.Id == chat.Participant))).BlockedAt.ShouldNotBeNull();
        (await LaneAsync(chat)).DueAt.ShouldBeNull();
    }

    [StoreFact]
    public async Task A_group_that_refuses_messages_blocks_none_of_its_members()
    {
        var group = await NewChatAsync(isGroup: true);
        var (lane, turn, answer) = await AnsweredAsync(group, "one");

        await CommitAsync(new DeliveryCommit { Lease = lane.Lease, Part = Part(turn, 0, PartState.Failed) with { Blocked = true }, DeliveredThrough = answer, Next = LaneNext.Release });

        (await ReadAsync(c => c.Participants.SingleAsync(p => p.Id == group.Participant))).BlockedAt.ShouldBeNull();
    }

    [StoreFact]
    public async Task A_chat_that_moved_is_answered_under_its_new_id()
    {
        var chat = await NewChatAsync(isGroup: true);
        var (lane, turn, _) = await AnsweredAsync(chat, "one");

        var commit = Outcome(lane, turn, 0, PartState.Retry) with { Part = Part(turn, 0, PartState.Retry) with { MovedToChatId = chat.Address.Chat.ChatId + "-super", Error = "chat_moved" }, Next = LaneNext.Release };
        (await CommitAsync(commit)).DueIn.ShouldNotBeNull();

        var again = await ClaimAsync(chat);
        again.Chat.ChatId.ShouldBe(chat.Address.Chat.ChatId + "-super");
        (await LoadAsync(again)).OpenParts.Single().Attempts.ShouldBe(1);
    }

    [StoreFact]
    public async Task What_is_delivered_never_moves_back()
    {
        var chat = await NewChatAsync();
        var (lane, _, answer) = await AnsweredAsync(chat, "one");
        await CommitAsync(new DeliveryCommit { Lease = lane.Lease, DeliveredThrough = answer, Next = LaneNext.Keep });

        (await ReleaseAsync(lane)).DueIn.ShouldBeNull();

        (await LaneAsync(chat)).DeliveredSequence.ShouldBe(answer);
    }

    [StoreFact]
    public async Task A_batch_commits_each_delivery_on_its_own()
    {
        var chats = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => NewChatAsync()));
        await Inbox.AppendAsync([.. chats.Select(c => c.Message())], default);
        var lanes = (await Lanes.ClaimAsync("worker", 10_000, Lease, default)).ToDictionary(l => l.Conversation);
        var turns = chats.Select(c => TestChat.Turn(lanes[c.Id], lanes[c.Id].LastSequence)).ToArray();
        var answers = await Lanes.CommitTurnsAsync(turns, default);
        var commits = turns.Select((t, i) => (i % 4) switch
        {
            0 => new DeliveryCommit { Lease = t.Lease, Part = Part(t, 0, PartState.Sent), DeliveredThrough = answers[i].AnswerSequence, Next = LaneNext.Release },
            1 => new DeliveryCommit { Lease = t.Lease, Part = Part(t, 0, PartState.Retry) with { Error = "x" }, Next = LaneNext.Hold, Hold = Lease },
            2 => new DeliveryCommit { Lease = t.Lease with { Token = 999 }, Part = Part(t, 0, PartState.Sent), Next = LaneNext.Release },
            _ => new DeliveryCommit { Lease = t.Lease, Next = LaneNext.Keep },
        }).ToArray();

        var results = await Lanes.CommitDeliveriesAsync(commits, default);

        for (var i = 0; i < chats.Length; i++)
        {
            results[i].Held.ShouldBe(i % 4 != 2);
            results[i].DueIn.HasValue.ShouldBe(i % 4 == 1);
            (await PartsAsync(chats[i])).Single().State.ShouldBe((i % 4) switch { 0 => PartState.Sent, 1 => PartState.Retry, _ => PartState.Pending });
        }
    }

    private async Task<(ClaimedLane Lane, TurnCommit Turn, long Answer)> AnsweredAsync(TestChat chat, params string[] parts)
    {
        var (_, asked) = await chat.SayAsync();
        var lane = await ClaimAsync(chat);
        var turn = TestChat.Turn(lane, asked, "answer", parts);
        return (lane, turn, (await CommitAsync(turn)).AnswerSequence);
    }

    private static PartOutcome Part(TurnCommit turn, int ordinal, PartState state) => new() { MessageId = turn.AnswerId, Ordinal = ordinal, State = state };

    private static DeliveryCommit Outcome(ClaimedLane lane, TurnCommit turn, int ordinal, PartState state) =>
        new() { Lease = lane.Lease, Part = Part(turn, ordinal, state), Next = LaneNext.Keep };
}
