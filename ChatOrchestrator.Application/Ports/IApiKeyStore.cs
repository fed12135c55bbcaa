namespace ChatOrchestrator.Application.Ports;

/// <summary>The keys to the admin API; only their hashes are stored.</summary>
public interface IApiKeyStore
{
    /// <summary>The key with this hash (SHA-256, hexadecimal), or null.</summary>
    Task<ApiKeyIdentity?> FindAsync(string hash, CancellationToken cancellationToken);

    /// <summary>Stores a key unless one of this name exists. True: it was stored.</summary>
    Task<bool> AddFirstAsync(string name, string hash, string role, CancellationToken cancellationToken);
}

/// <summary>Whose key it is and what it may do.</summary>
public sealed record ApiKeyIdentity(Guid Id, string Name, string Role);
