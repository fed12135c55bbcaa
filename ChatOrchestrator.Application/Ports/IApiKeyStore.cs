using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Domain.Access;

namespace ChatOrchestrator.Application.Ports;

/// <summary>The keys to the API; only their hashes are stored. All calls throw <see cref="StoreUnavailableException"/> when the store is down.</summary>
public interface IApiKeyStore
{
    /// <summary>Whose key this is, by its hash or the hash it had before a rotation whose overlap lasts; null: nobody's, or all bots that it is limited to are gone.</summary>
    Task<FoundCaller?> FindAsync(string hash, CancellationToken cancellationToken);

    /// <inheritdoc cref="FindAsync(string, CancellationToken)"/>
    Task<FoundCaller?> FindAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>A key as it is stored, or null.</summary>
    Task<ApiKey?> ReadAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Oldest first.</summary>
    /// <param name="prefix">Only those that begin like this; null: all.</param>
    Task<Page<ApiKey>> ListAsync(string? prefix, PageRequest page, CancellationToken cancellationToken);

    Task AddAsync(ApiKey key, AuditEntry audit, CancellationToken cancellationToken);

    /// <summary>Stores a key unless one of this name exists. True: it was stored.</summary>
    Task<bool> AddFirstAsync(ApiKey key, CancellationToken cancellationToken);

    /// <summary>Changes a stored key, with the audit entry that the change returns in the same commit. Null: there is none.</summary>
    Task<ApiKey?> ChangeAsync(Guid id, Func<ApiKey, AuditEntry> change, CancellationToken cancellationToken);

    /// <summary>False: there is none.</summary>
    Task<bool> DeleteAsync(Guid id, AuditEntry audit, CancellationToken cancellationToken);

    /// <summary>Notes when keys were last used.</summary>
    Task NoteUsesAsync(IReadOnlyDictionary<Guid, DateTimeOffset> uses, CancellationToken cancellationToken);
}

/// <param name="Id">The key's id; null: no key.</param>
public sealed record FoundCaller(Guid? Id, Caller Caller);
