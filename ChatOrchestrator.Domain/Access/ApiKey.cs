namespace ChatOrchestrator.Domain.Access;

/// <summary>
/// A key to the API. Only its hash is kept. It has 256 random bits, so that nobody can guess it from its hash: a slow hash,
/// which is for passwords, would only slow every request down.
/// </summary>
public sealed class ApiKey
{
    /// <summary>The longest time for which a key that was replaced may go on working.</summary>
    public static readonly TimeSpan MaxOverlap = TimeSpan.FromDays(7);

    private ApiKey()
    {
    }

    public ApiKey(string name, string prefix, string hash, Role role, AccessScope scope, DateTimeOffset? expiresAt, string createdBy, DateTimeOffset now)
    {
        Require.Length("name", name?.Trim(), 1, 100);
        if (expiresAt <= now)
        {
            throw new DomainException("expiresAt", "expiresAt must lie in the future.");
        }
        Id = Guid.CreateVersion7(now);
        Name = name!.Trim();
        Prefix = prefix;
        Hash = hash;
        Role = role;
        Scope = scope.Validated();
        ExpiresAt = expiresAt;
        CreatedBy = createdBy;
        CreatedAt = now;
        Stamp = 1;
    }

    /// <summary>As it was stored; nothing is checked.</summary>
    public static ApiKey FromStore(
        Guid id,
        string name,
        string prefix,
        string hash,
        Role role,
        AccessScope scope,
        DateTimeOffset? expiresAt,
        string? previousHash,
        DateTimeOffset? previousExpiresAt,
        int stamp,
        string createdBy,
        DateTimeOffset createdAt,
        DateTimeOffset? lastUsedAt) => new()
        {
            Id = id,
            Name = name,
            Prefix = prefix,
            Hash = hash,
            Role = role,
            Scope = scope,
            ExpiresAt = expiresAt,
            PreviousHash = previousHash,
            PreviousExpiresAt = previousExpiresAt,
            Stamp = stamp,
            CreatedBy = createdBy,
            CreatedAt = createdAt,
            LastUsedAt = lastUsedAt,
        };

    /// <summary>A UUIDv7.</summary>
    public Guid Id { get; private set; }

    /// <summary>What it is for; 1 to 100 characters.</summary>
    public string Name { get; private set; } = "";

    /// <summary>How the key begins, to be recognised by.</summary>
    public string Prefix { get; private set; } = "";

    /// <summary>SHA-256 of the key, hexadecimal.</summary>
    public string Hash { get; private set; } = "";

    public Role Role { get; private set; }

    public AccessScope Scope { get; private set; } = AccessScope.Everything;

    /// <summary>From when on it is refused; null: never.</summary>
    public DateTimeOffset? ExpiresAt { get; private set; }

    /// <summary>The key that this one replaced, until <see cref="PreviousExpiresAt"/>.</summary>
    public string? PreviousHash { get; private set; }

    public DateTimeOffset? PreviousExpiresAt { get; private set; }

    /// <summary>Counts rotations; access tokens that were issued before the last one are refused.</summary>
    public int Stamp { get; private set; }

    /// <summary>Who made it, as the audit log names them.</summary>
    public string CreatedBy { get; private set; } = "";

    public DateTimeOffset CreatedAt { get; private set; }

    /// <summary>Exact to a minute or so.</summary>
    public DateTimeOffset? LastUsedAt { get; private set; }

    /// <summary>A new secret takes the old one's place, which goes on working for <paramref name="overlap"/>.</summary>
    /// <exception cref="DomainException">The overlap is negative or too long, or the key has expired.</exception>
    public void Rotate(string prefix, string hash, TimeSpan overlap, DateTimeOffset now)
    {
        Require.Range("overlapSeconds", overlap.TotalSeconds, 0, MaxOverlap.TotalSeconds);
        if (ExpiresAt <= now)
        {
            throw new DomainException("state", "The key has expired; make another one.");
        }
        PreviousHash = overlap == TimeSpan.Zero ? null : Hash;
        PreviousExpiresAt = overlap == TimeSpan.Zero ? null : now + overlap;
        (Prefix, Hash) = (prefix, hash);
        Stamp++;
    }
}
