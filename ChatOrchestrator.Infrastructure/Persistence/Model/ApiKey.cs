namespace ChatOrchestrator.Infrastructure.Persistence.Model;

/// <summary>A key to the admin API. Only its hash is kept: a key has 256 random bits, so a plain SHA-256 cannot be reversed.</summary>
public sealed class ApiKey
{
    /// <summary>A UUIDv7.</summary>
    public required Guid Id { get; init; }

    public required string Name { get; init; }

    /// <summary>SHA-256 of the key, hexadecimal.</summary>
    public required string Hash { get; init; }

    public required string Role { get; init; }

    public DateTimeOffset CreatedAt { get; init; }
}
