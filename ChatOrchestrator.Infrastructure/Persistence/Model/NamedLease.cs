namespace ChatOrchestrator.Infrastructure.Persistence.Model;

/// <summary>The right to do something that only one process may do at a time, such as polling one connection.</summary>
public sealed class NamedLease
{
    public required string Name { get; init; }

    public required string Owner { get; init; }

    public DateTimeOffset ExpiresAt { get; init; }
}
