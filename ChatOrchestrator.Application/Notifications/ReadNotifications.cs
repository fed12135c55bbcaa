using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Notifications;

namespace ChatOrchestrator.Application.Notifications;

/// <summary>The delivery log of a rule, and its replay.</summary>
public sealed class ReadNotifications(INotificationRuleStore rules, RaiseNotification raise, TimeProvider time)
{
    /// <exception cref="NotFoundException">There is no such rule.</exception>
    public async Task<Page<Notification>> ListAsync(BotId bot, Guid rule, NotificationState? state, PageRequest page, CancellationToken cancellationToken)
    {
        await RequireAsync(bot, rule, cancellationToken);
        return await rules.ListDeliveriesAsync(rule, state, page, cancellationToken);
    }

    /// <exception cref="NotFoundException">There is no such rule or notification.</exception>
    public async Task<(Notification Notification, IReadOnlyList<NotificationAttempt> Attempts)> ReadAsync(BotId bot, Guid rule, Guid eventId, CancellationToken cancellationToken)
    {
        await RequireAsync(bot, rule, cancellationToken);
        return await rules.FindDeliveryAsync(rule, eventId, cancellationToken) ?? throw new NotFoundException("notification");
    }

    /// <summary>Delivers it again, with the same id.</summary>
    /// <exception cref="NotFoundException">There is no such rule or notification.</exception>
    /// <exception cref="DomainException">It waits already, or the rule is off.</exception>
    public async Task ReplayAsync(BotId bot, Guid rule, Guid eventId, Actor actor, CancellationToken cancellationToken)
    {
        if ((await RequireAsync(bot, rule, cancellationToken)).DisabledReason is not null)
        {
            throw new DomainException("state", "The rule is off; enable it first.");
        }
        var audit = AuditEntry.Of(actor, "notification.replayed", "notification", eventId, time.GetUtcNow(), bot, new { ruleId = rule });
        if (!(await rules.ReplayAsync(rule, eventId, audit, cancellationToken) ?? throw new NotFoundException("notification")))
        {
            throw new DomainException("state", "The notification waits to be delivered already.");
        }
        raise.Ring();
    }

    private async Task<NotificationRule> RequireAsync(BotId bot, Guid rule, CancellationToken cancellationToken) =>
        await rules.FindAsync(bot, rule, cancellationToken) ?? throw new NotFoundException("notification rule");
}
