namespace ChatOrchestrator.Application.Ports;

/// <summary>
/// Where a listener (<see cref="IListens"/>) keeps how far it has come, for the process that listens after it: a gateway's
/// session and the sequence of the last event that is stored.
/// </summary>
public interface IListenerStates
{
    /// <summary>What was saved last under the name; null: nothing.</summary>
    /// <exception cref="StoreUnavailableException">The store is down.</exception>
    Task<string?> FindAsync(string name, CancellationToken cancellationToken);

    /// <summary>Replaces what was saved, if it is still what the caller found or saved last. False: another process has taken over.</summary>
    /// <param name="expected">Null: nothing.</param>
    /// <param name="state">The adapter's own document.</param>
    /// <exception cref="StoreUnavailableException">The store is down.</exception>
    Task<bool> ReplaceAsync(string name, string? expected, string state, CancellationToken cancellationToken);
}
