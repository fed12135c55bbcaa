using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Tests.Fixtures;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>What every lane store promises: claims and leases.</summary>
public abstract partial class LaneStoreSuite(TestStore store) : StoreSuite(store)
{
    [StoreFact]
    public async Task Only_lanes_that_are_due_are_claimed_with_all_that_is_known_of_them()
    {
        var (idle, due) = (await NewChatAsync(), await NewChatAsync(isGroup: true));
        var (_, sequence) = await due.SayAsync();

        var lanes = await Lanes.ClaimAsync("worker", 10_000, Lease, default);

        lanes.ShouldNotContain(l => l.Conversation == idle.Id);
        var lane = lanes.Single(l => l.Conversation == due.Id);
        (lane.Connection, lane.Chat, lane.IsGroup, lane.LastSequence, lane.HandledSequence).ShouldBe((due.Connection, due.Address.Chat, true, sequence, 0));
        (lane.OutboundSequence, lane.DeliveredSequence, lane.Attempts, lane.TakenOverFrom, lane.ForgottenThrough).ShouldBe((0, 0, 0, null, 0));
        (lane.HasInbound, lane.HasOutbound).ShouldBe((true, false));
    }

    [StoreFact]
    public async Task No_more_lanes_are_claimed_than_asked_for_and_the_longest_due_come_first()
    {
        var chats = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => NewChatAsync()));
        await Lanes.ClaimAsync("worker", 10_000, Lease, default);
        await Inbox.AppendAsync([.. chats.Select(c => c.Message())], default);
        await Store.ElapseAsync(chats[3].Id, TimeSpan.FromHours(2));
        await Store.ElapseAsync(chats[1].Id, TimeSpan.FromHours(1));

        var lanes = await Lanes.ClaimAsync("worker", 2, Lease, default);

        lanes.Select(l => l.Conversation).ShouldBe([chats[3].Id, chats[1].Id], ignoreOrder: true);
    }

    [StoreFact]
    public async Task The_token_grows_with_every_claim()
    {
        var chat = await NewChatAsync();
        var tokens = new List<long>();
        for (var i = 0; i < 3; i++)
        {
            await chat.SayAsync();
            var lane = await ClaimAsync(chat);
            tokens.Add(lane.Token);
            await ReleaseAsync(lane);
        }

        tokens.ShouldBeInOrder(SortDirection.Ascending);
        tokens.Distinct().Count().ShouldBe(3);
    }

    [StoreFact]
    public async Task A_lane_whose_lease_ends_comes_due_by_itself_and_says_whose_it_was()
    {
        var chat = await NewChatAsync();
        await chat.SayAsync();
        var lost = await ClaimAsync(chat, "dead", TimeSpan.FromMilliseconds(50));

        ClaimedLane? taken = null;
        await Eventually.TrueAsync(async _ => (taken = await TryClaimAsync(chat, "heir")) is not null, Deadline, "the lane comes due");

        taken!.TakenOverFrom.ShouldBe("dead");
        taken.Token.ShouldBeGreaterThan(lost.Token);
    }

    [StoreFact]
    public async Task A_turn_that_its_worker_did_not_survive_counts_as_an_attempt_and_a_delivery_does_not()
    {
        var chat = await NewChatAsync();
        var (_, asked) = await chat.SayAsync();
        for (var attempt = 0; attempt < 3; attempt++)
        {
            (await ClaimAsync(chat, "dies")).Attempts.ShouldBe(attempt);
            await Store.ElapseAsync(chat.Id, Lease);
        }
        var lane = await ClaimAsync(chat, "lives");
        lane.Attempts.ShouldBe(3);
        await CommitAsync(TestChat.Turn(lane, asked));
        await Store.ElapseAsync(chat.Id, Lease);

        (await ClaimAsync(chat, "delivers")).Attempts.ShouldBe(0);
    }

    [StoreFact]
    public async Task A_lane_that_was_released_is_not_taken_over()
    {
        var chat = await NewChatAsync();
        await chat.SayAsync();
        await ReleaseAsync(await ClaimAsync(chat, "first"));

        (await ClaimAsync(chat, "second")).TakenOverFrom.ShouldBeNull();
    }

    [StoreFact]
    public async Task A_renewed_lease_does_not_end()
    {
        var chat = await NewChatAsync();
        await chat.SayAsync();
        var lane = await ClaimAsync(chat);
        await Store.ElapseAsync(chat.Id, 0.9 * Lease);

        (await Lanes.RenewAsync([lane.Lease], Lease, default)).ShouldBe([chat.Id]);
        await Store.ElapseAsync(chat.Id, 0.9 * Lease);

        (await TryClaimAsync(chat)).ShouldBeNull();
    }

    [StoreFact]
    public async Task Of_many_leases_those_are_renewed_that_are_held()
    {
        var (lost, held) = (await NewChatAsync(), await NewChatAsync());
        await lost.SayAsync();
        await held.SayAsync();
        var old = await ClaimAsync(lost);
        await Store.ElapseAsync(lost.Id, Lease);
        var lanes = await Lanes.ClaimAsync("heir", 10_000, Lease, default);
        lanes.ShouldContain(l => l.Conversation == lost.Id);
        await held.SayAsync();
        var mine = (await LaneAsync(held)).LeaseToken;

        (await Lanes.RenewAsync([old.Lease, new Lease(held.Id, mine)], Lease, default)).ShouldBe([held.Id]);
    }

    [StoreFact]
    public async Task A_lane_that_was_released_cannot_be_renewed_and_is_not_delayed()
    {
        var chat = await NewChatAsync();
        await ConverseAsync(chat);
        await chat.SayAsync();
        var lane = await ClaimAsync(chat);
        await CommitAsync(TestChat.Turn(lane, lane.LastSequence, answer: null));
        await ReleaseAsync(lane);

        // The renewals run beside the work: one may be on its way when the lane is released.
        (await Lanes.RenewAsync([lane.Lease], Lease, default)).ShouldBeEmpty();

        (await LaneAsync(chat)).DueAt.ShouldBeNull();
        await chat.SayAsync();
        (await TryClaimAsync(chat)).ShouldNotBeNull("a message that comes now is not held up by a lease of nobody");
    }

    [StoreFact]
    public async Task A_lane_that_was_released_takes_no_commit_any_more()
    {
        var chat = await NewChatAsync();
        var (_, asked) = await chat.SayAsync();
        var lane = await ClaimAsync(chat);
        await ReleaseAsync(lane);

        (await CommitAsync(TestChat.Turn(lane, asked))).Held.ShouldBeFalse();
        (await ReleaseAsync(lane)).Held.ShouldBeFalse();
        (await CommitAsync(new DeliveryCommit { Lease = lane.Lease, Next = LaneNext.Hold, Hold = Lease })).Held.ShouldBeFalse();
        (await MessagesAsync(chat)).Count.ShouldBe(1);
        (await TryClaimAsync(chat)).ShouldNotBeNull();
    }

    [StoreFact]
    public async Task A_holder_that_lost_its_lease_changes_nothing()
    {
        var chat = await NewChatAsync();
        var (_, asked) = await chat.SayAsync();
        var lost = await ClaimAsync(chat, "frozen");
        var turn = TestChat.Turn(lost, asked, "from the frozen one");
        await Store.ElapseAsync(chat.Id, Lease);
        var held = await ClaimAsync(chat, "heir");

        (await CommitAsync(turn)).Held.ShouldBeFalse();
        (await ReleaseAsync(lost, 1)).Held.ShouldBeFalse();
        (await Lanes.RenewAsync([lost.Lease], Lease, default)).ShouldBeEmpty();

        (await MessagesAsync(chat)).Count.ShouldBe(1);
        (await TurnsAsync(chat)).ShouldBeEmpty();
        (await PartsAsync(chat)).ShouldBeEmpty();
        var row = await LaneAsync(chat);
        (row.LeaseOwner, row.LeaseToken, row.HandledSequence, row.DeliveredSequence).ShouldBe(("heir", held.Token, 0, 0));
    }

    [StoreFact]
    public async Task A_lost_lease_stays_lost_in_a_batch_with_the_one_that_is_held()
    {
        var chat = await NewChatAsync();
        var (_, asked) = await chat.SayAsync();
        var lost = await ClaimAsync(chat);
        await Store.ElapseAsync(chat.Id, Lease);
        var held = await ClaimAsync(chat);
        var (stale, good) = (TestChat.Turn(lost, asked, "stale"), TestChat.Turn(held, asked, "good"));

        var turns = await Lanes.CommitTurnsAsync([stale, good], default);
        turns.Select(t => t.Held).ShouldBe([false, true]);
        (await MessagesAsync(chat)).Select(m => m.Text).ShouldBe(["hello", "good"]);
        (await PartsAsync(chat)).Single().MessageId.ShouldBe(good.AnswerId);
        (await TurnsAsync(chat)).Single().Id.ShouldBe(good.TurnId);

        var deliveries = await Lanes.CommitDeliveriesAsync(
            [
                new DeliveryCommit { Lease = lost.Lease, Next = LaneNext.Release, DeliveredThrough = 1_000_000_000 },
                new DeliveryCommit { Lease = held.Lease, Next = LaneNext.Keep, Part = new PartOutcome { MessageId = good.AnswerId, Ordinal = 0, State = PartState.Sent } },
            ],
            default);
        deliveries.Select(d => d.Held).ShouldBe([false, true]);
        var row = await LaneAsync(chat);
        (row.LeaseOwner, row.DeliveredSequence).ShouldBe(("worker", 0));
    }

    [StoreFact]
    public async Task Outcomes_and_turns_share_one_commit_outcomes_first()
    {
        var (busy, other) = (await NewChatAsync(), await NewChatAsync());
        var (_, first) = await busy.SayAsync();
        var (_, second) = await busy.SayAsync();
        var (_, third) = await other.SayAsync();
        var lanes = (await Lanes.ClaimAsync("worker", 10_000, Lease, default)).ToDictionary(l => l.Conversation);
        var (one, two) = (TestChat.Turn(lanes[busy.Id], first, "one"), TestChat.Turn(lanes[busy.Id], second, "two"));
        var (three, lost) = (TestChat.Turn(lanes[other.Id], third, "three"), new Lease(other.Id, lanes[other.Id].Token - 1));
        var answer = (await CommitAsync(one)).AnswerSequence;

        var committed = await Lanes.CommitAsync(
            [
                new DeliveryCommit { Lease = lost, Next = LaneNext.Release },
                new DeliveryCommit
                {
                    Lease = one.Lease,
                    Next = LaneNext.Keep,
                    DeliveredThrough = answer,
                    Part = new PartOutcome { MessageId = one.AnswerId, Ordinal = 0, State = PartState.Sent },
                },
            ],
            [three, two],
            default);

        committed.Deliveries.Select(d => d.Held).ShouldBe([false, true]);
        committed.Turns.Select(t => (t.Held, t.IsBehind)).ShouldBe([(true, false), (true, false)]);
        var row = await LaneAsync(busy);
        (row.LeaseOwner, row.HandledSequence, row.OutboundSequence, row.DeliveredSequence).ShouldBe(("worker", second, committed.Turns[1].AnswerSequence, answer));
        (await MessagesAsync(busy)).Select(m => m.Text).ShouldBe(["hello", "hello", "one", "two"]);
        (await MessagesAsync(other)).Select(m => m.Text).ShouldBe(["hello", "three"]);
    }

    [StoreFact]
    public async Task A_turn_is_told_that_something_unsent_stands_before_its_answer()
    {
        var chat = await NewChatAsync();
        var (_, first) = await chat.SayAsync();
        var (_, second) = await chat.SayAsync();
        var lane = await ClaimAsync(chat);

        (await CommitAsync(TestChat.Turn(lane, first, "not sent yet"))).IsBehind.ShouldBeFalse();
        (await CommitAsync(TestChat.Turn(lane, second, "behind it"))).IsBehind.ShouldBeTrue();
    }

    [StoreFact]
    public async Task The_backlog_counts_lanes_that_are_due()
    {
        await Lanes.ClaimAsync("worker", 10_000, Lease, default);
        (await Lanes.BacklogAsync(default)).ShouldBe(new LaneBacklog(0, null));
        var (waiting, quiet) = (await NewChatAsync(), await NewChatAsync());
        await waiting.SayAsync();
        await quiet.SayAsync(quietMs: 600_000);
        await Store.ElapseAsync(waiting.Id, TimeSpan.FromMinutes(3));

        var backlog = await Lanes.BacklogAsync(default);

        backlog.Due.ShouldBe(1);
        backlog.OldestLag.ShouldNotBeNull().ShouldBeInRange(TimeSpan.FromMinutes(3), TimeSpan.FromMinutes(4));
    }
}
