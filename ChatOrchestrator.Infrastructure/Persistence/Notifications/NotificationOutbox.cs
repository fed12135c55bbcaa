using ChatOrchestrator.Application.Notifications;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Notifications;
using ChatOrchestrator.Infrastructure.Persistence.Administration;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Infrastructure.Persistence.Notifications;

/// <summary>
/// The outbox. There are few notifications, so each is claimed by an update of its own that only one worker's can win; it
/// is the same on both stores.
/// </summary>
internal sealed class NotificationOutbox(ChatDatabase database, TimeProvider time) : INotificationOutbox
{
    /// <summary>How many are looked at for each that may be claimed: those of busy rules and those that others win are left out.</summary>
    private const int Lookahead = 8;

    private const int MaxDeleted = 1_000;

    // $1 now.
    private const string Due = "SELECT 1 FROM notifications WHERE due_at <= $1 LIMIT 1";

    // $1 before.
    private const string SettledBefore = "SELECT 1 FROM notifications WHERE settled_at < $1 LIMIT 1";

    public async Task<int> AppendAsync(NotificationEvent notification, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await database.WriteAsync(
                    async db =>
                    {
                        var told = await db.NotifyAsync(notification, time.GetUtcNow(), cancellationToken);
                        if (told > 0)
                        {
                            await db.SaveChangesAsync(cancellationToken);
                        }
                        return told;
                    },
                    cancellationToken);
            }
            catch (DbUpdateException e) when (Pages.IsUniqueViolation(e) || Pages.IsForeignKeyViolation(e))
            {
                // Another process told it at the same time, or a rule was deleted: what is stored now counts.
            }
        }
    }

    public async Task<IReadOnlyList<ClaimedNotification>> ClaimAsync(
        int max, int maxPerRule, IReadOnlyDictionary<Guid, int> inHand, TimeSpan lease, CancellationToken cancellationToken) =>
        await IsAnyAsync(Due, time.GetUtcNow(), cancellationToken) ? await ClaimDueAsync(max, maxPerRule, inHand, lease, cancellationToken) : [];

    private Task<IReadOnlyList<ClaimedNotification>> ClaimDueAsync(
        int max, int maxPerRule, IReadOnlyDictionary<Guid, int> inHand, TimeSpan lease, CancellationToken cancellationToken) => database.WriteAsync<IReadOnlyList<ClaimedNotification>>(
        async db =>
        {
            var now = time.GetUtcNow();
            var busy = inHand.Where(rule => rule.Value >= maxPerRule).Select(rule => rule.Key).ToList();
            var due = await (
                from n in db.Notifications.AsNoTracking()
                where n.DueAt <= now && !busy.Contains(n.RuleId)
                orderby n.DueAt
                join r in db.NotificationRules.AsNoTracking() on n.RuleId equals r.Id
                join b in db.Bots.AsNoTracking() on r.BotId equals b.Id
                where r.DisabledReason == null
                select new { Notification = n, Rule = r, Bot = b.Name }).Take(max * Lookahead).ToListAsync(cancellationToken);
            var claimed = new List<ClaimedNotification>();
            var until = now + lease;
            var perRule = new Dictionary<Guid, int>(inHand);
            foreach (var row in due)
            {
                var (n, r) = (row.Notification, row.Rule);
                if (claimed.Count == max)
                {
                    break;
                }
                if (perRule.GetValueOrDefault(r.Id) >= maxPerRule)
                {
                    continue;
                }
                var won = await db.Notifications
                    .Where(x => x.RuleId == n.RuleId && x.EventId == n.EventId && x.LeaseToken == n.LeaseToken && x.DueAt != null && x.DueAt <= now)
                    .ExecuteUpdateAsync(
                        set => set.SetProperty(x => x.LeaseToken, n.LeaseToken + 1).SetProperty(x => x.Attempts, n.Attempts + 1).SetProperty(x => x.DueAt, until),
                        cancellationToken) == 1;
                if (won)
                {
                    perRule[r.Id] = perRule.GetValueOrDefault(r.Id) + 1;
                    claimed.Add(new ClaimedNotification(
                        n.RuleId, n.EventId, n.LeaseToken + 1, n.Attempts + 1, n.Kind, n.Payload, n.CreatedAt, n.BotId, row.Bot, r.Channel, r.Settings, r.ProtectedSecrets));
                }
            }
            return claimed;
        },
        cancellationToken);

    public Task<bool> SettleAsync(NotificationSettlement settlement, CancellationToken cancellationToken) => database.WriteAsync(
        async db =>
        {
            var claimed = settlement.Claimed;
            var now = time.GetUtcNow();
            var isOpen = settlement.State == NotificationState.Pending;
            DateTimeOffset? due = isOpen ? now + settlement.RetryIn : null, settled = isOpen ? null : now;
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            // The rule first, as everybody does who changes both.
            if (settlement.State == NotificationState.Failed)
            {
                await db.NotificationRules.Where(r => r.Id == claimed.RuleId)
                    .ExecuteUpdateAsync(set => set.SetProperty(r => r.Failures, r => r.Failures + 1), cancellationToken);
            }
            else if (settlement.State == NotificationState.Delivered)
            {
                await db.NotificationRules.Where(r => r.Id == claimed.RuleId && r.Failures > 0)
                    .ExecuteUpdateAsync(set => set.SetProperty(r => r.Failures, 0), cancellationToken);
            }
            var won = await db.Notifications
                .Where(n => n.RuleId == claimed.RuleId && n.EventId == claimed.EventId && n.LeaseToken == claimed.Token && n.State == NotificationState.Pending)
                .ExecuteUpdateAsync(
                    set => set.SetProperty(n => n.State, settlement.State).SetProperty(n => n.DueAt, due).SetProperty(n => n.SettledAt, settled)
                        .SetProperty(n => n.Error, settlement.Attempt.Error),
                    cancellationToken) == 1;
            if (!won)
            {
                return false;
            }
            db.NotificationAttempts.Add(settlement.Attempt);
            await db.SaveChangesAsync(cancellationToken);
            if (settlement.State == NotificationState.Failed)
            {
                await DisableAsync(db, settlement, now, cancellationToken);
            }
            await transaction.CommitAsync(cancellationToken);
            return true;
        },
        cancellationToken);

    public async Task<int> DeleteSettledAsync(DateTimeOffset before, CancellationToken cancellationToken) =>
        await IsAnyAsync(SettledBefore, before, cancellationToken) ? await DeleteAsync(before, cancellationToken) : 0;

    private Task<int> DeleteAsync(DateTimeOffset before, CancellationToken cancellationToken) => database.WriteAsync(
        async db =>
        {
            var all = 0;
            while (true)
            {
                var old = await db.Notifications.AsNoTracking().Where(n => n.SettledAt < before).OrderBy(n => n.SettledAt)
                    .Select(n => new { n.RuleId, n.EventId }).Take(MaxDeleted).ToListAsync(cancellationToken);
                var ids = old.Select(n => n.EventId).Distinct().ToList();
                all += await db.Notifications.Where(n => ids.Contains(n.EventId) && n.SettledAt < before).ExecuteDeleteAsync(cancellationToken);
                if (old.Count < MaxDeleted)
                {
                    return all;
                }
            }
        },
        cancellationToken);

    /// <summary>Mostly there is none.</summary>
    private async Task<bool> IsAnyAsync(string sql, DateTimeOffset time, CancellationToken cancellationToken) =>
        (await database.ListAsync(sql, row => row.GetInt32(0), cancellationToken, time)).Count > 0;

    /// <summary>A receiver that does not answer for so long is not asked any more; what waits for it is kept until its rule is enabled.</summary>
    private static async Task DisableAsync(ChatDbContext db, NotificationSettlement settlement, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var rule = settlement.Claimed.RuleId;
        var disabled = await db.NotificationRules.Where(r => r.Id == rule && r.DisabledReason == null && r.Failures >= settlement.DisableAfter)
            .ExecuteUpdateAsync(set => set.SetProperty(r => r.DisabledReason, settlement.DisabledReason).SetProperty(r => r.UpdatedAt, now), cancellationToken);
        if (disabled > 0)
        {
            await HoldAsync(db, rule, cancellationToken);
        }
    }

    /// <summary>What waits is not due while its rule is off. What is being tried just now still counts.</summary>
    internal static Task<int> HoldAsync(ChatDbContext db, Guid rule, CancellationToken cancellationToken) =>
        db.Notifications.Where(n => n.RuleId == rule && n.State == NotificationState.Pending)
            .ExecuteUpdateAsync(set => set.SetProperty(n => n.DueAt, (DateTimeOffset?)null), cancellationToken);
}
