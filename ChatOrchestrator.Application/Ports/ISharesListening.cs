namespace ChatOrchestrator.Application.Ports;

/// <summary>
/// A platform that brings what concerns several connections through one line (Slack's Socket Mode: the workspaces that an app
/// is installed in). One of them is listened for, by one process, and what comes is handed in for each.
/// </summary>
public interface ISharesListening : IListens, IRoutesWebhooks
{
    /// <summary>Names the line, with nothing secret in it: connections with the same are listened to together.</summary>
    string LineOf(ConnectionSnapshot connection);

    /// <summary>As <see cref="IListens.ListenAsync"/>, for all that share the line.</summary>
    /// <param name="connection">The one that is listened for, and that gets what is nobody else's.</param>
    /// <param name="follow">Whose it is that concerns an account.</param>
    /// <exception cref="PlatformException">The platform refuses the line for good.</exception>
    Task ListenAsync(
        ConnectionSnapshot connection,
        Func<string, CancellationToken, ValueTask<ConnectionSnapshot>> follow,
        Func<ConnectionSnapshot, IReadOnlyList<InboundEvent>, CancellationToken, Task> receive,
        CancellationToken cancellationToken);
}
