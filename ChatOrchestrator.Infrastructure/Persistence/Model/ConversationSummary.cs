using ChatOrchestrator.Domain.Conversations;

namespace ChatOrchestrator.Infrastructure.Persistence.Model;

/// <summary>The rolling summary of a conversation. While somebody writes it, <see cref="DueAt"/> is the end of their lease.</summary>
public sealed class ConversationSummary
{
    public required ConversationId ConversationId { get; set; }

    /// <summary>Empty until it is written for the first time.</summary>
    public string Text { get; set; } = "";

    /// <summary>The last message that it covers; 0: none.</summary>
    public long ThroughSequence { get; set; }

    /// <summary>When that message was stored.</summary>
    public DateTimeOffset? ThroughAt { get; set; }

    /// <summary>When it should be written anew; null: there is nothing to add.</summary>
    public DateTimeOffset? DueAt { get; set; }

    /// <summary>Grows with every claim: what an earlier writer saves is refused.</summary>
    public long LeaseToken { get; set; }

    /// <summary>How often writing it failed in a row.</summary>
    public int Failures { get; set; }

    /// <summary>Why it failed last: a stable word.</summary>
    public string? LastFailure { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }
}
