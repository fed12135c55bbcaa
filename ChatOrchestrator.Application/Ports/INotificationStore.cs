using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Notifications;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Notifications;

namespace ChatOrchestrator.Application.Ports;

/// <summary>The outbox of notifications. All calls throw <see cref="StoreUnavailableException"/> when the store is down.</summary>
public interface INotificationOutbox
{
    /// <summary>Keeps an event for every rule that asks for it, in a commit of its own. Returns for how many; what was told already (<see cref="NotificationEvent.Once"/>) does not count.</summary>
    Task<int> AppendAsync(NotificationEvent notification, CancellationToken cancellationToken);

    /// <summary>
    /// Claims what is due, at most <paramref name="max"/>, and of each rule so that it is at most <paramref name="maxPerRule"/>
    /// with what is <paramref name="inHand"/>. What is not settled within <paramref name="lease"/> comes due again by itself.
    /// </summary>
    Task<IReadOnlyList<ClaimedNotification>> ClaimAsync(int max, int maxPerRule, IReadOnlyDictionary<Guid, int> inHand, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>Saves how an attempt ended. False: another worker has claimed it meanwhile, and its outcome counts.</summary>
    Task<bool> SettleAsync(NotificationSettlement settlement, CancellationToken cancellationToken);

    /// <summary>Deletes what was settled before <paramref name="before"/>. Returns how many.</summary>
    Task<int> DeleteSettledAsync(DateTimeOffset before, CancellationToken cancellationToken);
}

/// <summary>A notification that this worker may try to deliver now.</summary>
/// <param name="Token">Fences its settlement.</param>
/// <param name="Attempt">Which attempt this is, from 1.</param>
/// <param name="Data">A JSON object.</param>
public sealed record ClaimedNotification(
    Guid RuleId,
    Guid EventId,
    long Token,
    int Attempt,
    string Kind,
    string Data,
    DateTimeOffset CreatedAt,
    BotId Bot,
    string BotName,
    string Channel,
    string Settings,
    string ProtectedSecrets);

/// <summary>How an attempt ended, and what follows.</summary>
/// <param name="Claimed">What was tried.</param>
/// <param name="State">Pending: it is tried again.</param>
/// <param name="RetryIn">When it is tried again.</param>
/// <param name="Attempt">For the delivery log.</param>
/// <param name="DisableAfter">A failure for good that is the so-manieth in a row switches the rule off; 0: at once.</param>
/// <param name="DisabledReason">Why it is switched off then.</param>
public sealed record NotificationSettlement(
    ClaimedNotification Claimed,
    NotificationState State,
    TimeSpan RetryIn,
    NotificationAttempt Attempt,
    int DisableAfter,
    string DisabledReason);

/// <summary>The rules and the delivery log, for operators. All calls throw <see cref="StoreUnavailableException"/> when the store is down.</summary>
public interface INotificationRuleStore
{
    /// <summary>False: the bot does not exist.</summary>
    Task<bool> AddAsync(NotificationRule rule, AuditEntry audit, CancellationToken cancellationToken);

    Task<NotificationRule?> FindAsync(BotId bot, Guid id, CancellationToken cancellationToken);

    /// <summary>Oldest first.</summary>
    Task<Page<NotificationRule>> ListAsync(BotId bot, PageRequest page, CancellationToken cancellationToken);

    /// <summary>
    /// Applies a change to the stored rule; again, on what is stored then, when somebody else was faster. The audit entry
    /// goes into the same commit. What waits is held while the rule is off, and due when it is on again. Null: there is none.
    /// </summary>
    Task<NotificationRule?> ChangeAsync(BotId bot, Guid id, Func<NotificationRule, AuditEntry> change, CancellationToken cancellationToken);

    /// <summary>Deletes the rule with its delivery log.</summary>
    Task<bool> DeleteAsync(BotId bot, Guid id, AuditEntry audit, CancellationToken cancellationToken);

    /// <summary>Keeps an event for this rule only, whether or not it asks for such events. False: there is no such rule.</summary>
    Task<bool> AppendAsync(BotId bot, Guid rule, NotificationEvent notification, AuditEntry audit, CancellationToken cancellationToken);

    /// <summary>Newest first.</summary>
    Task<Page<Notification>> ListDeliveriesAsync(Guid rule, NotificationState? state, PageRequest page, CancellationToken cancellationToken);

    /// <summary>A notification with its attempts, oldest first; null: there is none.</summary>
    Task<(Notification Notification, IReadOnlyList<NotificationAttempt> Attempts)?> FindDeliveryAsync(Guid rule, Guid eventId, CancellationToken cancellationToken);

    /// <summary>Makes a settled notification due again, with all its attempts. Null: there is none; false: it waits already.</summary>
    Task<bool?> ReplayAsync(Guid rule, Guid eventId, AuditEntry audit, CancellationToken cancellationToken);
}
