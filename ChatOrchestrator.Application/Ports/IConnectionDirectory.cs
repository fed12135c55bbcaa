using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Application.Ports;

/// <summary>Finds connections by id, from a cache that every process keeps and that a change empties everywhere.</summary>
public interface IConnectionDirectory
{
    /// <summary>The connection with its bot, or null when there is none. Throws <see cref="StoreUnavailableException"/> when it is not cached and the store is down.</summary>
    ValueTask<ConnectionSnapshot?> FindAsync(ConnectionId id, CancellationToken cancellationToken);

    /// <summary>Forgets a connection here and in every other process.</summary>
    ValueTask ChangedAsync(ConnectionId id, CancellationToken cancellationToken);

    /// <summary>
    /// Stops the traffic of a connection that its platform refuses (a revoked token), and tells every process. One that was
    /// changed since is left alone: what is refused now may be mended already.
    /// </summary>
    /// <param name="refused">The connection as it was when it was refused.</param>
    Task DisableAsync(ConnectionSnapshot refused, string reason, CancellationToken cancellationToken);

    /// <summary>All connections of a platform, enabled or not, straight from the store.</summary>
    Task<IReadOnlyList<ConnectionSnapshot>> ListAsync(PlatformName platform, CancellationToken cancellationToken);
}

/// <summary>The store cannot be reached or did not answer in time. The message holds no address and no credentials.</summary>
public class StoreUnavailableException(Exception inner) : Exception("The store is unavailable.", inner);
