using ChatOrchestrator.Domain.Conversations;

namespace ChatOrchestrator.Domain.Messages;

/// <summary>What a dead letter waits for.</summary>
public enum DeadLetterState
{
    Open = 0,
    Replayed = 1,
    Discarded = 2,
}

/// <summary>A turn or an outbound message that failed for good.</summary>
public sealed class DeadLetter
{
    private DeadLetter()
    {
    }

    /// <summary>A UUIDv7.</summary>
    public Guid Id { get; private set; }

    public ConversationId ConversationId { get; private set; }

    /// <summary>The inbound message without an answer, or the outbound one that could not be delivered.</summary>
    public Guid MessageId { get; private set; }

    /// <summary><c>turn</c> or <c>delivery</c>.</summary>
    public string Stage { get; private set; } = "";

    /// <summary>A stable word.</summary>
    public string Reason { get; private set; } = "";

    public int Attempts { get; private set; }

    public DeadLetterState State { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset? ResolvedAt { get; private set; }

    public string? ResolvedBy { get; private set; }
}
