using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using ChatOrchestrator.Application;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Notifications;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Domain.Notifications;
using ChatOrchestrator.Infrastructure.InProcess;
using ChatOrchestrator.Infrastructure.Persistence;
using ChatOrchestrator.Infrastructure.Persistence.Administration;
using ChatOrchestrator.Infrastructure.Persistence.Notifications;
using ChatOrchestrator.Tests.Fixtures;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>The outbox of notifications: what happened is kept with what happened, tried until it arrives or is given up, by any number of workers.</summary>
public abstract class NotificationSuite(TestStore store) : StoreSuite(store)
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

    private NotificationOutbox Outbox => new(Database, TimeProvider.System);

    private NotificationRuleStore Rules => new(Database, TimeProvider.System);

    private ChatDatabase Database => Store.Database;

    [StoreFact]
    public async Task A_dead_letter_is_told_in_its_own_commit_to_those_who_ask_for_it()
    {
        var bot = await NewBotAsync();
        var asks = await NewRuleAsync(bot, NotificationKinds.DeadLetter, NotificationKinds.ConversationEnded);
        var other = await NewRuleAsync(bot, NotificationKinds.ConversationEnded);
        var off = await NewRuleAsync(bot, NotificationKinds.DeadLetter);
        await SwitchAsync(bot, off, on: false);
        var elsewhere = await NewRuleAsync(await NewBotAsync(), NotificationKinds.DeadLetter);
        var chat = await TestChat.OpenAsync(Inbox, bot: bot);
        var (_, asked) = await chat.SayAsync();
        var lane = await ClaimAsync(chat);
        var message = (await MessagesAsync(chat))[0].Id;
        var failed = TestChat.Turn(lane, asked, "apology") with { State = TurnState.Failed, Reason = "model_rejected", DeadLetterOf = message };

        (await CommitAsync(failed with { Lease = lane.Lease with { Token = 99 } })).Held.ShouldBeFalse();
        (await ToldAsync(asks)).ShouldBeEmpty("what was not committed was not told");
        var committed = await CommitAsync(failed);

        var told = (await ToldAsync(asks)).ShouldHaveSingleItem();
        var letter = await ReadAsync(db => db.DeadLetters.SingleAsync(d => d.MessageId == message));
        (told.Kind, told.State, told.Attempts, told.BotId).ShouldBe((NotificationKinds.DeadLetter, NotificationState.Pending, 0, bot));
        var data = JsonNode.Parse(told.Payload)!;
        ((Guid)data["deadLetterId"]!, (Guid)data["conversationId"]!, (string)data["stage"]!, (string)data["reason"]!).ShouldBe((letter.Id, chat.Id.Value, "turn", "model_rejected"));
        foreach (var rule in new[] { other, off, elsewhere })
        {
            (await ToldAsync(rule)).ShouldBeEmpty();
        }

        // The delivery of its apology fails for good, too.
        var part = new PartOutcome { MessageId = failed.AnswerId, Ordinal = 0, State = PartState.Failed, Error = "blocked", DeadLetter = true, Attempts = 3 };
        await CommitAsync(new DeliveryCommit { Lease = lane.Lease, Part = part, DeliveredThrough = committed.AnswerSequence, Next = LaneNext.Release });
        (await ToldAsync(asks)).Select(n => (string)JsonNode.Parse(n.Payload)!["stage"]!).Order().ShouldBe(["delivery", "turn"]);
    }

    [StoreFact]
    public async Task Taking_over_and_ending_are_told_once_each()
    {
        var bot = await NewBotAsync();
        var rule = await NewRuleAsync(bot, NotificationKinds.HandoffRequested, NotificationKinds.ConversationEnded);
        var chat = await TestChat.OpenAsync(Inbox, bot: bot);
        var conversations = new ConversationStore(Database, TimeProvider.System);

        await conversations.ChangeStateAsync(chat.Id, c => Do(() => c.HandOff("Ada")), "taken_over", default);
        await conversations.ChangeStateAsync(chat.Id, c => Do(() => c.HandOff("Ada")), "taken_over", default);
        await conversations.ChangeStateAsync(chat.Id, c => Do(c.End), "ended", default);

        (await ToldAsync(rule)).Select(n => n.Kind).Order().ShouldBe([NotificationKinds.ConversationEnded, NotificationKinds.HandoffRequested]);

        static AuditEntry? Do(Action change)
        {
            change();
            return null;
        }
    }

    [StoreFact]
    public async Task A_turn_tells_of_its_budget_once_a_day_and_of_giving_the_conversation_away()
    {
        var bot = await NewBotAsync();
        var rule = await NewRuleAsync(bot, NotificationKinds.BudgetReached, NotificationKinds.HandoffRequested);
        var chat = await TestChat.OpenAsync(Inbox, bot: bot);
        for (var i = 0; i < 2; i++)
        {
            var (_, asked) = await chat.SayAsync();
            var lane = await ClaimAsync(chat);
            var told = NotificationEvent.BudgetReached(bot, "bot_cost", null, "2026-11-27", "operator", chat.Id);
            var given = NotificationEvent.HandoffRequested(bot, chat.Id, null, "budget_reached");
            var committed = await CommitAsync(TestChat.Turn(lane, asked) with { Reason = "budget_reached", HandOver = true, Notifications = i == 0 ? [told, given] : [told] });
            await ReleaseAsync(lane, committed.AnswerSequence);
        }

        (await ToldAsync(rule)).Select(n => n.Kind).Order().ShouldBe([NotificationKinds.BudgetReached, NotificationKinds.HandoffRequested]);
        ((string?)JsonNode.Parse((await ToldAsync(rule)).Single(n => n.Kind == NotificationKinds.HandoffRequested).Payload)!["reason"]).ShouldBe("budget_reached");
    }

    [StoreFact]
    public async Task A_message_that_is_unhappy_is_told_once_a_day_and_conversation()
    {
        var bot = await NewBotAsync();
        var rule = await NewRuleAsync(bot, NotificationKinds.SentimentLow);
        var chat = await TestChat.OpenAsync(Inbox, bot: bot);
        var insights = new InsightStore(Database);
        foreach (var score in new[] { 0.9, -0.1, -0.8, -0.9 })
        {
            var (message, sequence) = await chat.SayAsync();
            var now = TimeProvider.System.GetUtcNow();
            (await insights.AddAsync(new Insight(message.Id, sequence, chat.Id, bot, now, new Judgement(score, null, null, Urgency.Normal), InsightSource.Lexicon, now), null, default)).ShouldBeTrue();
        }

        var told = (await ToldAsync(rule)).ShouldHaveSingleItem();
        ((double)JsonNode.Parse(told.Payload)!["score"]!).ShouldBe(-0.8);
    }

    [StoreFact]
    public async Task An_event_with_a_key_is_told_once_and_a_quiet_rule_is_told_once_in_its_time()
    {
        var bot = await NewBotAsync();
        var rule = await NewRuleAsync(bot, NotificationKinds.BudgetReached);
        var quiet = await NewRuleAsync(bot, [NotificationKinds.HandoffRequested], quietSeconds: 3_600);
        var events = Enumerable.Range(0, 8).Select(_ => NotificationEvent.BudgetReached(bot, "day", null, "2026-11-27", "refuse"));

        var told = await Task.WhenAll(events.Select(e => Outbox.AppendAsync(e, default)));

        told.Sum().ShouldBe(1, "whoever comes first");
        (await Outbox.AppendAsync(NotificationEvent.BudgetReached(bot, "day", null, "2026-11-28", "refuse"), default)).ShouldBe(1);
        (await ToldAsync(rule)).Count.ShouldBe(2);
        (await Outbox.AppendAsync(NotificationEvent.HandoffRequested(bot, default, null, "intent"), default)).ShouldBe(1);
        (await Outbox.AppendAsync(NotificationEvent.HandoffRequested(bot, default, null, "intent"), default)).ShouldBe(0);
        (await ToldAsync(quiet)).Count.ShouldBe(1);
    }

    [StoreFact]
    public async Task One_worker_has_a_notification_until_its_lease_ends_and_is_refused_after_that()
    {
        var bot = await NewBotAsync();
        var rule = await NewRuleAsync(bot, NotificationKinds.SentimentLow);
        await TellAsync(bot, rule, 1);
        var first = (await ClaimAsync(rule, TimeSpan.Zero)).ShouldHaveSingleItem();
        var second = (await ClaimAsync(rule, Long)).ShouldHaveSingleItem();

        (second.EventId, second.Attempt).ShouldBe((first.EventId, 2));
        (await ClaimAsync(rule, Long)).ShouldBeEmpty();
        (await Outbox.SettleAsync(Delivered(first), default)).ShouldBeFalse("the lease was lost");
        (await Outbox.SettleAsync(Delivered(second), default)).ShouldBeTrue();
        (await Outbox.SettleAsync(Delivered(second), default)).ShouldBeFalse("it is settled");

        var (stored, attempts) = (await Rules.FindDeliveryAsync(rule, first.EventId, default))!.Value;
        (stored.State, stored.DueAt).ShouldBe((NotificationState.Delivered, (DateTimeOffset?)null));
        attempts.ShouldHaveSingleItem().Status.ShouldBe(200);

        (await Rules.ReplayAsync(rule, first.EventId, Unaudited.Entry, default)).ShouldBe(true);
        (await Rules.ReplayAsync(rule, first.EventId, Unaudited.Entry, default)).ShouldBe(false);
        (await ClaimAsync(rule, Long)).ShouldHaveSingleItem().Attempt.ShouldBe(1);
    }

    [StoreFact]
    public async Task A_rule_that_keeps_failing_is_switched_off_and_what_waits_is_kept_until_it_is_on_again()
    {
        var bot = await NewBotAsync();
        var rule = await NewRuleAsync(bot, NotificationKinds.SentimentLow);
        await TellAsync(bot, rule, 4);
        var claimed = await ClaimAsync(rule, Long, 3);

        await Outbox.SettleAsync(Failed(claimed[0]), default);
        await Outbox.SettleAsync(Delivered(claimed[1]), default);
        (await Rules.FindAsync(bot, rule, default))!.Failures.ShouldBe(0, "only failures in a row count");
        await Outbox.SettleAsync(Failed(claimed[2]), default);
        (await Rules.FindAsync(bot, rule, default))!.DisabledReason.ShouldBeNull();
        await Outbox.SettleAsync(Failed((await ClaimAsync(rule, TimeSpan.Zero, 1))[0]), default);

        (await Rules.FindAsync(bot, rule, default))!.DisabledReason.ShouldBe(NotificationRule.KeepsFailing);
        await TellAsync(bot, rule, 1);
        (await ClaimAsync(rule, Long)).ShouldBeEmpty();
        await SwitchAsync(bot, rule, on: true);
        (await ClaimAsync(rule, Long)).Count.ShouldBe(1);
    }

    [StoreFact]
    public async Task Several_workers_deliver_each_once_and_a_slow_receiver_does_not_hold_up_another()
    {
        const int Each = 60;
        var bot = await NewBotAsync();
        var (quick, slow) = (await NewRuleAsync(bot, NotificationKinds.SentimentLow), await NewRuleAsync(bot, NotificationKinds.ConversationEnded));
        var channel = new Receiver(quick, slow, failing: 7);
        await TellAsync(bot, slow, 10);
        await TellAsync(bot, quick, Each);
        await using var workers = new Workers([.. Enumerable.Range(0, 3).Select(_ => Worker(channel))]);
        await workers.StartAsync();

        await Eventually.TrueAsync(async _ => (await ToldAsync(quick)).All(n => n.State == NotificationState.Delivered), Deadline, "the quick receiver has all");

        channel.Taken.Where(t => t.Rule == quick).GroupBy(t => t.Event).ShouldAllBe(g => g.Count() == 1);
        channel.Tried.Count(t => t.Rule == quick).ShouldBe(Each + 7, "seven were tried again");
        channel.Tried.Count(t => t.Rule == slow).ShouldBeLessThanOrEqualTo(3 * 2, "two at a time and worker");
        channel.Release();
        await Eventually.TrueAsync(async _ => (await ToldAsync(slow)).All(n => n.State == NotificationState.Delivered), Deadline, "the slow receiver has all");
    }

    private DeliverNotifications Worker(Receiver channel) => new(
        Outbox, [channel], new Secrets(), new InProcessSignals(),
        Options.Create(new NotificationOptions { PollMs = 20, RetrySeconds = 0.01, MaxPerRule = 2, MaxConcurrent = 6 }),
        Options.Create(new EngineOptions()), TimeProvider.System, NullLogger<DeliverNotifications>.Instance);

    [StoreFact]
    public async Task A_connection_that_goes_down_is_told_once_and_one_that_an_operator_switches_off_is_not()
    {
        var bot = await NewBotAsync();
        var asks = await NewRuleAsync(bot, NotificationKinds.ConnectionDown);
        var quiet = await NewRuleAsync(bot, [NotificationKinds.ConnectionDown], 60);
        var other = await NewRuleAsync(bot, NotificationKinds.DeadLetter);
        var elsewhere = await NewRuleAsync(await NewBotAsync(), NotificationKinds.ConnectionDown);
        var connections = new ConnectionStore(Database, TimeProvider.System);
        var connection = new PlatformConnection(bot, PlatformName.From("telegram"), "Test", "{}", "secrets", TimeProvider.System.GetUtcNow());
        await connections.AddAsync(connection, null, default);

        await connections.ChangeAsync(connection.Id, c => c.Disable(ChangeConnection.SwitchedOff, TimeProvider.System.GetUtcNow()), default);
        await connections.ChangeAsync(connection.Id, c => c.Enable(TimeProvider.System.GetUtcNow()), default);
        (await ToldAsync(asks)).ShouldBeEmpty();
        for (var i = 0; i < 2; i++)
        {
            await connections.ChangeAsync(connection.Id, c => c.Disable("token_revoked", TimeProvider.System.GetUtcNow()), default);
            await connections.ChangeAsync(connection.Id, c => c.Disable("token_revoked", TimeProvider.System.GetUtcNow()), default);
            await connections.ChangeAsync(connection.Id, c => c.Enable(TimeProvider.System.GetUtcNow()), default);
        }

        var told = await ToldAsync(asks);
        told.Count.ShouldBe(2, "each time it went down");
        told.ShouldAllBe(n => n.BotId == bot && n.Kind == NotificationKinds.ConnectionDown && n.State == NotificationState.Pending);
        ((Guid)JsonNode.Parse(told[0].Payload)!["connectionId"]!).ShouldBe(connection.Id.Value);
        (await ToldAsync(quiet)).ShouldHaveSingleItem();
        foreach (var rule in new[] { other, elsewhere })
        {
            (await ToldAsync(rule)).ShouldBeEmpty();
        }
    }

    private async Task<BotId> NewBotAsync()
    {
        await using var db = Store.CreateContext();
        var bot = new Bot("Test", new AiSettings(), new ProcessingSettings(), TimeProvider.System.GetUtcNow());
        db.Bots.Add(bot);
        await db.SaveChangesAsync();
        return bot.Id;
    }

    private Task<Guid> NewRuleAsync(BotId bot, params string[] events) => NewRuleAsync(bot, events, 0);

    private async Task<Guid> NewRuleAsync(BotId bot, string[] events, int quietSeconds)
    {
        var rule = new NotificationRule(bot, "receiver", TimeProvider.System.GetUtcNow());
        rule.Change("Test", events, quietSeconds, "{}", "{}", TimeProvider.System.GetUtcNow());
        await Rules.AddAsync(rule, Unaudited.Entry, default);
        return rule.Id;
    }

    private Task<NotificationRule?> SwitchAsync(BotId bot, Guid rule, bool on) => Rules.ChangeAsync(
        bot,
        rule,
        r =>
        {
            if (on)
            {
                r.Enable(TimeProvider.System.GetUtcNow());
            }
            else
            {
                r.Disable(NotificationRule.SwitchedOff, TimeProvider.System.GetUtcNow());
            }
            return Unaudited.Entry;
        },
        default);

    private async Task TellAsync(BotId bot, Guid rule, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await Rules.AppendAsync(bot, rule, NotificationEvent.ConversationEnded(bot, default), Unaudited.Entry, default);
        }
    }

    private Task<List<Notification>> ToldAsync(Guid rule) => ReadAsync(db => db.Notifications.AsNoTracking().Where(n => n.RuleId == rule).ToListAsync());

    /// <summary>Other tests' rules are busy.</summary>
    private async Task<IReadOnlyList<ClaimedNotification>> ClaimAsync(Guid rule, TimeSpan lease, int max = 10)
    {
        var others = await ReadAsync(db => db.NotificationRules.Where(r => r.Id != rule).Select(r => r.Id).ToListAsync());
        return await Outbox.ClaimAsync(max, max, others.ToDictionary(id => id, _ => max), lease, default);
    }

    private static NotificationSettlement Delivered(ClaimedNotification claimed) =>
        new(claimed, NotificationState.Delivered, default, new NotificationAttempt(claimed.RuleId, claimed.EventId, TimeProvider.System.GetUtcNow(), 1, 200, null), 2, NotificationRule.KeepsFailing);

    private static NotificationSettlement Failed(ClaimedNotification claimed) =>
        new(claimed, NotificationState.Failed, default, new NotificationAttempt(claimed.RuleId, claimed.EventId, TimeProvider.System.GetUtcNow(), 1, 500, "http_status"), 2, NotificationRule.KeepsFailing);

    private sealed class Secrets : IConnectionSecrets
    {
        public string Protect(IReadOnlyDictionary<string, string> secrets) => "{}";

        public IReadOnlyDictionary<string, string>? Unprotect(string protectedSecrets) => new Dictionary<string, string>();
    }

    private sealed class Workers(IReadOnlyList<DeliverNotifications> all) : IAsyncDisposable
    {
        public Task StartAsync() => Task.WhenAll(all.Select(w => w.StartAsync(default)));

        public async ValueTask DisposeAsync()
        {
            await Task.WhenAll(all.Select(w => w.StopAsync(default)));
            foreach (var worker in all)
            {
                worker.Dispose();
            }
        }
    }

    /// <summary>Takes what comes; the first so many of the quick rule it puts off, and what is for the slow rule it keeps waiting.</summary>
    private sealed class Receiver(Guid quick, Guid slow, int failing) : INotificationChannel
    {
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _failing = failing;

        public ConcurrentQueue<(Guid Rule, Guid Event)> Tried { get; } = new();

        public ConcurrentQueue<(Guid Rule, Guid Event)> Taken { get; } = new();

        public string Name => "receiver";

        public IReadOnlyList<string> GeneratedSecrets => [];

        public void Release() => _released.SetResult();

        public string Generate(string secret) => "";

        public Task<IReadOnlyList<FieldError>> ValidateAsync(JsonObject settings, IReadOnlyDictionary<string, string> secrets, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<FieldError>>([]);

        public async Task<NotificationOutcome> SendAsync(OutgoingNotification notification, CancellationToken cancellationToken)
        {
            var key = (notification.RuleId, notification.EventId);
            Tried.Enqueue(key);
            if (notification.RuleId == slow)
            {
                await _released.Task.WaitAsync(cancellationToken);
            }
            else if (notification.RuleId == quick && Interlocked.Decrement(ref _failing) >= 0)
            {
                return new NotificationOutcome(NotificationResult.Retry, 500, "http_status");
            }
            Taken.Enqueue(key);
            return new NotificationOutcome(NotificationResult.Delivered, 200);
        }
    }
}
