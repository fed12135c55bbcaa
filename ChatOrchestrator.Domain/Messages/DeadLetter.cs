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
    /// <summary>The stage of a turn that failed: nothing answers the question.</summary>
    public const string TurnStage = "turn";

    /// <summary>The stage of a part that failed: the message did not, or not as a whole, arrive.</summary>
    public const string DeliveryStage = "delivery";

    private DeadLetter()
    {
    }

    /// <summary>A UUIDv7.</summary>
    public Guid Id { get; private set; }

    public ConversationId ConversationId { get; private set; }

    /// <summary>The inbound message without an answer, or the outbound one that could not be delivered.</summary>
    public Guid MessageId { get; private set; }

    /// <summary><see cref="TurnStage"/> or <see cref="DeliveryStage"/>.</summary>
    public string Stage { get; private set; } = "";

    /// <summary>A stable word.</summary>
    public string Reason { get; private set; } = "";

    public int Attempts { get; private set; }

    public DeadLetterState State { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset? ResolvedAt { get; private set; }

    /// <summary>Who replayed or discarded it, as the audit log names callers.</summary>
    public string? ResolvedBy { get; private set; }

    /// <summary>Why it was discarded, in the operator's words.</summary>
    public string? Resolution { get; private set; }

    /// <summary>The message that was put into the lane in its place.</summary>
    public Guid? ReplayedAs { get; private set; }

    /// <param name="by">Who did it.</param>
    /// <param name="message">The message that was put into the lane in its place.</param>
    /// <param name="now">When.</param>
    /// <exception cref="DomainException">It is not open any more.</exception>
    public void Replay(string by, Guid message, DateTimeOffset now)
    {
        Resolve(DeadLetterState.Replayed, by, now);
        ReplayedAs = message;
    }

    /// <exception cref="DomainException">It is not open any more, or the reason is empty or longer than 500 characters.</exception>
    public void Discard(string by, string? reason, DateTimeOffset now)
    {
        Require.Length("reason", reason?.Trim(), 1, 500);
        Resolve(DeadLetterState.Discarded, by, now);
        Resolution = reason!.Trim();
    }

    private void Resolve(DeadLetterState state, string by, DateTimeOffset now)
    {
        if (State != DeadLetterState.Open)
        {
            throw new DomainException("state", $"The dead letter was already {(State == DeadLetterState.Replayed ? "replayed" : "discarded")}.");
        }
        State = state;
        ResolvedBy = by;
        ResolvedAt = now;
    }
}
