using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Application.Ports;

/// <summary>The connections, as they are stored. All calls throw <see cref="StoreUnavailableException"/> when the store is down.</summary>
public interface IConnectionStore
{
    Task<PlatformConnection?> FindAsync(ConnectionId id, CancellationToken cancellationToken);

    /// <summary>Oldest first.</summary>
    Task<Page<PlatformConnection>> ListAsync(BotId bot, PageRequest page, CancellationToken cancellationToken);

    Task<IReadOnlyList<ConnectionId>> ListIdsAsync(BotId bot, CancellationToken cancellationToken);

    /// <summary>False: the bot does not exist.</summary>
    Task<bool> AddAsync(PlatformConnection connection, AuditEntry? audit, CancellationToken cancellationToken);

    /// <summary>Applies a change to the stored connection; again, on what is stored then, when somebody else was faster. The audit entry that it returns goes into the same commit. Null: there is none.</summary>
    Task<PlatformConnection?> ChangeAsync(ConnectionId id, Func<PlatformConnection, AuditEntry?> change, CancellationToken cancellationToken);

    /// <summary>
    /// Deletes the connection with everything that was said there, in batches. It can be called again when it was
    /// interrupted. The connection must be disabled before, so that nothing new comes in.
    /// </summary>
    Task<bool> DeleteAsync(ConnectionId id, AuditEntry? audit, CancellationToken cancellationToken);
}

/// <summary>Encrypts the secrets of connections for the store.</summary>
public interface IConnectionSecrets
{
    string Protect(IReadOnlyDictionary<string, string> secrets);

    /// <summary>The secrets in the clear, or null when the key they were encrypted with is gone.</summary>
    IReadOnlyDictionary<string, string>? Unprotect(string protectedSecrets);
}
