using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Application.Notifications;

/// <summary>
/// The way in for everything that is worth telling and has no transaction of its own to be kept in. When it returns, the
/// event is in the outbox of every rule that asks for it. It costs one round trip, so it is for what becomes true (a limit
/// is reached), not for what is (a limit is exceeded by one message more).
/// </summary>
public sealed class RaiseNotification(INotificationOutbox outbox, ISignals signals)
{
    /// <summary>Wakes those who deliver; may be lost, as they look for themselves.</summary>
    public const string Channel = "notifications";

    /// <exception cref="StoreUnavailableException">The store is down: nothing was kept.</exception>
    public async Task HandleAsync(NotificationEvent notification, CancellationToken cancellationToken)
    {
        if (await outbox.AppendAsync(notification, cancellationToken) > 0)
        {
            Ring();
        }
    }

    /// <summary>After a commit that had an event in it.</summary>
    public void Ring() => signals.Publish(Channel, "");
}
