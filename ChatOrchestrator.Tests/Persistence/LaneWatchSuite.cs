using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>The watchdog's view of the lanes.</summary>
public abstract class LaneWatchSuite(TestStore store) : StoreSuite(store)
{
    private static readonly StuckLimits Limits = new(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(15), 3, ["telegram"]);

    [StoreFact]
    public async Task A_lane_that_is_worked_on_or_rests_or_has_nothing_to_do_is_not_stuck()
    {
        var (idle, due, held, resting) = (await OpenAsync(), await OpenAsync(), await OpenAsync(), await OpenAsync());
        await held.SayAsync();
        await ClaimAsync(held);
        await resting.SayAsync();
        await CommitAsync(new DeliveryCommit { Lease = (await ClaimAsync(resting)).Lease, Next = LaneNext.Hold, Hold = Lease });
        await due.SayAsync();

        foreach (var chat in (TestChat[])[idle, due, held, resting])
        {
            (await StuckAsync(chat)).ShouldBeNull();
        }
    }

    [StoreFact]
    public async Task A_lane_that_no_worker_takes_is_stuck()
    {
        var chat = await OpenAsync();
        await chat.SayAsync();
        await Store.ElapseAsync(chat.Id, TimeSpan.FromMinutes(2));

        var stuck = (await StuckAsync(chat)).ShouldNotBeNull();

        (stuck.Reason, stuck.Worker, stuck.Connection).ShouldBe((StuckReason.NotTaken, null, chat.Connection));
        stuck.Since.ShouldNotBeNull().ShouldBeLessThan(TimeProvider.System.GetUtcNow() - TimeSpan.FromSeconds(110));
    }

    [StoreFact]
    public async Task A_dead_workers_lane_that_nobody_takes_over_is_stuck_and_says_whose_it_was()
    {
        var chat = await OpenAsync();
        await chat.SayAsync();
        await ClaimAsync(chat, "dead", TimeSpan.FromSeconds(1));
        await Store.ElapseAsync(chat.Id, TimeSpan.FromMinutes(2));

        var stuck = (await StuckAsync(chat)).ShouldNotBeNull();

        (stuck.Reason, stuck.Worker).ShouldBe((StuckReason.NotTakenOver, "dead"));
    }

    [StoreFact]
    public async Task A_lane_that_is_renewed_for_longer_than_any_turn_may_take_is_stuck()
    {
        var chat = await OpenAsync();
        await chat.SayAsync();
        var lane = await ClaimAsync(chat, "hanging");
        await Store.ElapseAsync(chat.Id, TimeSpan.FromMinutes(16));
        (await Lanes.RenewAsync([lane.Lease], Lease, default)).ShouldContain(chat.Id);

        var stuck = (await StuckAsync(chat)).ShouldNotBeNull();

        (stuck.Reason, stuck.Worker).ShouldBe((StuckReason.HeldTooLong, "hanging"));
        await ReleaseAsync(lane);
        (await ClaimAsync(chat)).Token.ShouldBeGreaterThan(lane.Token);
        (await StuckAsync(chat)).ShouldBeNull("a new claim begins anew");
    }

    [StoreFact]
    public async Task A_lane_whose_turn_fails_again_and_again_is_stuck()
    {
        var chat = await OpenAsync();
        var (message, _) = await chat.SayAsync();
        for (var i = 0; i < 3; i++)
        {
            (await StuckAsync(chat)).ShouldBeNull();
            var lane = await ClaimAsync(chat);
            await CommitAsync(new DeliveryCommit { Lease = lane.Lease, Next = LaneNext.Hold, Hold = TimeSpan.FromMinutes(1), Failure = new FailedAttempt(message.Id, "model_timed_out") });
            if (i < 2)
            {
                await Store.ElapseAsync(chat.Id, TimeSpan.FromMinutes(1));
            }
        }

        var stuck = (await StuckAsync(chat)).ShouldNotBeNull();

        (stuck.Reason, stuck.Attempts).ShouldBe((StuckReason.KeepsFailing, 3));
    }

    [StoreFact]
    public async Task A_lane_whose_connection_is_disabled_or_gone_or_of_an_unknown_platform_is_stuck()
    {
        var (disabled, gone, foreign) = (await OpenAsync(disabled: "token refused"), await NewChatAsync(), await OpenAsync("carrierpigeon"));
        foreach (var chat in (TestChat[])[disabled, gone, foreign])
        {
            (await StuckAsync(chat)).ShouldBeNull("nothing waits");
            await chat.SayAsync();
        }

        var found = (await StuckAsync(disabled)).ShouldNotBeNull();
        (found.Reason, found.Detail).ShouldBe((StuckReason.ConnectionDisabled, "token refused"));
        (await StuckAsync(gone)).ShouldNotBeNull().Reason.ShouldBe(StuckReason.ConnectionMissing);
        found = (await StuckAsync(foreign)).ShouldNotBeNull();
        (found.Reason, found.Detail).ShouldBe((StuckReason.PlatformMissing, "carrierpigeon"));
    }

    [StoreFact]
    public async Task What_waits_without_a_due_time_is_made_due_and_nothing_else_is_touched()
    {
        var (stranded, idle, held) = (await OpenAsync(), await OpenAsync(), await OpenAsync());
        await ConverseAsync(idle);
        await stranded.SayAsync();
        await held.SayAsync();
        await ClaimAsync(held, "holder");
        var before = (Idle: await LaneAsync(idle), Held: await LaneAsync(held));
        await Store.ExecuteAsync($"UPDATE lanes SET due_at = NULL, lease_owner = NULL WHERE conversation_id = '{stranded.Id.Value.ToString().ToUpperInvariant()}'");

        var repaired = await RepairAllAsync();

        repaired.ShouldContain(stranded.Id);
        repaired.ShouldNotContain(idle.Id);
        repaired.ShouldNotContain(held.Id);
        (await LaneAsync(idle)).DueAt.ShouldBe(before.Idle.DueAt);
        (await LaneAsync(held)).ShouldBeEquivalentTo(before.Held);
        (await ClaimAsync(stranded)).HasInbound.ShouldBeTrue();
        (await RepairAllAsync()).ShouldNotContain(stranded.Id);
    }

    [StoreFact]
    public async Task The_lanes_of_one_connection_that_rest_are_woken_and_no_others()
    {
        var (resting, held, idle, foreign) = (await OpenAsync(), await OpenAsync(), await OpenAsync(), await OpenAsync());
        await RestAsync(resting);
        await RestAsync(foreign);
        await held.SayAsync();
        var lane = await ClaimAsync(held, "holder");

        (await Store.Watch.WakeAsync(resting.Connection, 500, default)).ShouldBe(1);
        (await Store.Watch.WakeAsync(held.Connection, 500, default)).ShouldBe(0);
        (await Store.Watch.WakeAsync(idle.Connection, 500, default)).ShouldBe(0);

        (await TryClaimAsync(resting)).ShouldNotBeNull().HasInbound.ShouldBeTrue();
        (await LaneAsync(held)).LeaseToken.ShouldBe(lane.Token);
        (await LaneAsync(foreign)).HoldUntil.ShouldNotBeNull().ShouldBeGreaterThan(TimeProvider.System.GetUtcNow() + TimeSpan.FromMinutes(1));
        (await LaneAsync(idle)).DueAt.ShouldBeNull();
        (await Store.Watch.WakeAsync(resting.Connection, 500, default)).ShouldBe(0);

        async Task RestAsync(TestChat chat)
        {
            await chat.SayAsync();
            await CommitAsync(new DeliveryCommit { Lease = (await ClaimAsync(chat)).Lease, Next = LaneNext.Hold, Hold = Lease });
        }
    }

    /// <summary>Walks over all lanes in small slices, as the watchdog does over time.</summary>
    private async Task<List<ConversationId>> RepairAllAsync()
    {
        var repaired = new List<ConversationId>();
        ConversationId? after = default(ConversationId);
        while (after is { } from)
        {
            var repairs = await Store.Watch.RepairAsync(from, 2, default);
            repaired.AddRange(repairs.Repaired);
            after = repairs.Last;
        }
        return repaired;
    }

    private async Task<StuckLane?> StuckAsync(TestChat chat) =>
        (await Store.Watch.FindStuckAsync(Limits, 10_000, default)).SingleOrDefault(l => l.Conversation == chat.Id);

    /// <summary>A chat on a connection that is stored.</summary>
    private async Task<TestChat> OpenAsync(string platform = "telegram", string? disabled = null)
    {
        var now = TimeProvider.System.GetUtcNow();
        var bot = new Bot("Bot", new AiSettings(), new ProcessingSettings(), now);
        var connection = new PlatformConnection(bot.Id, PlatformName.From(platform), "Connection", "{}", "", now);
        if (disabled is not null)
        {
            connection.Disable(disabled, now);
        }
        await ReadAsync(async db =>
        {
            db.AddRange(bot, connection);
            return await db.SaveChangesAsync();
        });
        return await TestChat.OpenAsync(Inbox, connection: connection.Id);
    }
}
