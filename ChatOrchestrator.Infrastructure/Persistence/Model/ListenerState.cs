namespace ChatOrchestrator.Infrastructure.Persistence.Model;

/// <summary>How far a listener has come, so that the next process goes on from there (a gateway's session and sequence).</summary>
public sealed class ListenerState
{
    public required string Name { get; init; }

    /// <summary>The adapter's own document.</summary>
    public required string State { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }
}
