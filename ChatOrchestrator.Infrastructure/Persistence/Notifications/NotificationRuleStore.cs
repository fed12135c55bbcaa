using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Notifications;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Notifications;
using ChatOrchestrator.Infrastructure.Persistence.Administration;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Infrastructure.Persistence.Notifications;

internal sealed class NotificationRuleStore(ChatDatabase database, TimeProvider time) : INotificationRuleStore
{
    private const string RuleList = "notificationrules";
    private const string DeliveryList = "notifications";

    public async Task<bool> AddAsync(NotificationRule rule, AuditEntry audit, CancellationToken cancellationToken)
    {
        try
        {
            return await database.WriteAsync(
                async db =>
                {
                    db.NotificationRules.Add(rule);
                    db.Note(audit);
                    return await db.SaveChangesAsync(cancellationToken) > 0;
                },
                cancellationToken);
        }
        catch (DbUpdateException e) when (Pages.IsForeignKeyViolation(e))
        {
            return false;
        }
    }

    public Task<NotificationRule?> FindAsync(BotId bot, Guid id, CancellationToken cancellationToken) => database.ReadAsync(
        db => db.NotificationRules.AsNoTracking().SingleOrDefaultAsync(r => r.Id == id && r.BotId == bot, cancellationToken), cancellationToken);

    public Task<Page<NotificationRule>> ListAsync(BotId bot, PageRequest page, CancellationToken cancellationToken) => database.ReadAsync(
        async db =>
        {
            var rules = db.NotificationRules.AsNoTracking().Where(r => r.BotId == bot);
            if (page.Cursor is { } cursor)
            {
                var after = Cursor.ToId(RuleList, cursor);
                rules = rules.Where(r => r.Id > after);
            }
            var items = await rules.OrderBy(r => r.Id).Take(page.Limit + 1).ToListAsync(cancellationToken);
            return Pages.Of(items, page, r => Cursor.Encode(RuleList, r.Id));
        },
        cancellationToken);

    public async Task<NotificationRule?> ChangeAsync(BotId bot, Guid id, Func<NotificationRule, AuditEntry> change, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await database.WriteAsync(
                    async db =>
                    {
                        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
                        if (await db.NotificationRules.SingleOrDefaultAsync(r => r.Id == id && r.BotId == bot, cancellationToken) is not { } rule)
                        {
                            return null;
                        }
                        var before = rule.DisabledReason;
                        db.Note(change(rule));
                        await db.SaveChangesAsync(cancellationToken);
                        if (before is null && rule.DisabledReason is not null)
                        {
                            await NotificationOutbox.HoldAsync(db, id, cancellationToken);
                        }
                        else if (before is not null && rule.DisabledReason is null)
                        {
                            DateTimeOffset? now = time.GetUtcNow();
                            await db.Notifications.Where(n => n.RuleId == id && n.State == NotificationState.Pending && n.DueAt == null)
                                .ExecuteUpdateAsync(set => set.SetProperty(n => n.DueAt, now).SetProperty(n => n.Attempts, 0), cancellationToken);
                        }
                        await transaction.CommitAsync(cancellationToken);
                        return rule;
                    },
                    cancellationToken);
            }
            catch (DbUpdateConcurrencyException)
            {
                // Somebody else was faster; the change applies to what is stored now.
            }
        }
    }

    public Task<bool> DeleteAsync(BotId bot, Guid id, AuditEntry audit, CancellationToken cancellationToken) => database.WriteAsync(
        async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            if (await db.NotificationRules.Where(r => r.Id == id && r.BotId == bot).ExecuteDeleteAsync(cancellationToken) == 0)
            {
                return false;
            }
            db.Note(audit);
            await db.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return true;
        },
        cancellationToken);

    public Task<bool> AppendAsync(BotId bot, Guid rule, NotificationEvent notification, AuditEntry audit, CancellationToken cancellationToken) => database.WriteAsync(
        async db =>
        {
            if (await db.NotificationRules.AsNoTracking().SingleOrDefaultAsync(r => r.Id == rule && r.BotId == bot, cancellationToken) is not { } found)
            {
                return false;
            }
            var test = new Notification(found, notification.Id, notification.Kind, notification.Data, notification.Once, time.GetUtcNow());
            if (found.DisabledReason is not null)
            {
                test.Hold();
            }
            db.Notifications.Add(test);
            db.Note(audit);
            await db.SaveChangesAsync(cancellationToken);
            return true;
        },
        cancellationToken);

    public Task<Page<Notification>> ListDeliveriesAsync(Guid rule, NotificationState? state, PageRequest page, CancellationToken cancellationToken) => database.ReadAsync(
        async db =>
        {
            var notifications = db.Notifications.AsNoTracking().Where(n => n.RuleId == rule);
            if (state is { } wanted)
            {
                notifications = notifications.Where(n => n.State == wanted);
            }
            if (page.Cursor is { } cursor)
            {
                var before = Cursor.ToId(DeliveryList, cursor);
                notifications = notifications.Where(n => n.EventId < before);
            }
            var items = await notifications.OrderByDescending(n => n.EventId).Take(page.Limit + 1).ToListAsync(cancellationToken);
            return Pages.Of(items, page, n => Cursor.Encode(DeliveryList, n.EventId));
        },
        cancellationToken);

    public Task<(Notification Notification, IReadOnlyList<NotificationAttempt> Attempts)?> FindDeliveryAsync(Guid rule, Guid eventId, CancellationToken cancellationToken) =>
        database.ReadAsync<(Notification, IReadOnlyList<NotificationAttempt>)?>(
            async db => await db.Notifications.AsNoTracking().SingleOrDefaultAsync(n => n.RuleId == rule && n.EventId == eventId, cancellationToken) is { } found
                ? (found, await db.NotificationAttempts.AsNoTracking().Where(a => a.RuleId == rule && a.EventId == eventId).OrderBy(a => a.Id).ToListAsync(cancellationToken))
                : null,
            cancellationToken);

    public Task<bool?> ReplayAsync(Guid rule, Guid eventId, AuditEntry audit, CancellationToken cancellationToken) => database.WriteAsync<bool?>(
        async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            DateTimeOffset? now = time.GetUtcNow(), never = null;
            var again = await db.Notifications.Where(n => n.RuleId == rule && n.EventId == eventId && n.State != NotificationState.Pending)
                .ExecuteUpdateAsync(
                    set => set.SetProperty(n => n.State, NotificationState.Pending).SetProperty(n => n.DueAt, now).SetProperty(n => n.Attempts, 0)
                        .SetProperty(n => n.SettledAt, never).SetProperty(n => n.LeaseToken, n => n.LeaseToken + 1),
                    cancellationToken);
            if (again == 0)
            {
                return await db.Notifications.AnyAsync(n => n.RuleId == rule && n.EventId == eventId, cancellationToken) ? false : null;
            }
            db.Note(audit);
            await db.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return true;
        },
        cancellationToken);
}
