namespace ChatOrchestrator.Infrastructure.Persistence.Model;

/// <summary>A user's session: it lives on through refresh tokens, of which only the last is good.</summary>
public sealed class Session
{
    /// <summary>A UUIDv7.</summary>
    public required Guid Id { get; init; }

    public required Guid UserId { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it ends unless it is renewed.</summary>
    public DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }
}

/// <summary>A refresh token; of the session's only the one that is not used is good. Only its hash is kept.</summary>
public sealed class RefreshToken
{
    /// <summary>SHA-256, hexadecimal.</summary>
    public required string Hash { get; init; }

    public required Guid SessionId { get; init; }

    /// <summary>When it was exchanged for the next one.</summary>
    public DateTimeOffset? UsedAt { get; init; }
}

/// <summary>Failed sign-ins of an account or from an address.</summary>
public sealed class LoginFailures
{
    public required string Key { get; init; }

    public required int Failures { get; init; }

    /// <summary>Nobody may try before this.</summary>
    public DateTimeOffset PausedUntil { get; init; }

    public DateTimeOffset LastAt { get; init; }
}

/// <summary>A secret that the processes share, encrypted with the key ring.</summary>
public sealed class SharedSecret
{
    public required string Name { get; init; }

    public required string Protected { get; init; }
}

/// <summary>An answer that is kept for those who repeat their request.</summary>
public sealed class IdempotencyKey
{
    public required string Caller { get; init; }

    public required string Key { get; init; }

    /// <summary>SHA-256 of the method, the address and the body.</summary>
    public required string RequestHash { get; init; }

    /// <summary>Encrypted with the key ring: it may hold a new API key. Null: not answered yet.</summary>
    public byte[]? Answer { get; init; }

    public DateTimeOffset CreatedAt { get; init; }
}
