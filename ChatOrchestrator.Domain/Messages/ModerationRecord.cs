using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;

namespace ChatOrchestrator.Domain.Messages;

/// <summary>Which way a text went.</summary>
public enum ModerationDirection
{
    /// <summary>A participant wrote it.</summary>
    Input = 0,

    /// <summary>The model answered it.</summary>
    Output = 1,
}

/// <summary>Whether an operator has to look.</summary>
public enum ModerationState
{
    Open = 0,
    Reviewed = 1,

    /// <summary>Kept for the record only.</summary>
    Recorded = 2,
}

/// <summary>What moderation found in a text, and what was done about it. Saved in the commit of the turn.</summary>
public sealed class ModerationRecord
{
    /// <summary>It was judged.</summary>
    public const string Judged = "judged";

    /// <summary>It could not be judged: the endpoint did not answer.</summary>
    public const string Unavailable = "unavailable";

    private ModerationRecord()
    {
    }

    /// <param name="text">The answer, when it was held back and stands nowhere else.</param>
    public ModerationRecord(
        ConversationId conversation,
        BotId bot,
        Guid message,
        ModerationDirection direction,
        ModerationAction action,
        string reason,
        IReadOnlyDictionary<string, double> categories,
        string? text,
        DateTimeOffset now)
    {
        Id = Guid.CreateVersion7(now);
        ConversationId = conversation;
        BotId = bot;
        MessageId = message;
        Direction = direction;
        Action = action;
        Reason = reason;
        Categories = categories;
        Text = text;
        State = action == ModerationAction.Record ? ModerationState.Recorded : ModerationState.Open;
        CreatedAt = now;
    }

    /// <summary>A UUIDv7.</summary>
    public Guid Id { get; private set; }

    public ConversationId ConversationId { get; private set; }

    public BotId BotId { get; private set; }

    /// <summary>The participant's message, or the one that was sent as the answer or in its place.</summary>
    public Guid MessageId { get; private set; }

    public ModerationDirection Direction { get; private set; }

    public ModerationAction Action { get; private set; }

    /// <summary><see cref="Judged"/> or <see cref="Unavailable"/>.</summary>
    public string Reason { get; private set; } = "";

    /// <summary>The categories that counted, with their scores.</summary>
    public IReadOnlyDictionary<string, double> Categories { get; private set; } = new Dictionary<string, double>();

    /// <summary>What the model had answered, when it was held back; null otherwise: it stands in the message.</summary>
    public string? Text { get; private set; }

    public ModerationState State { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset? ReviewedAt { get; private set; }

    public string? ReviewedBy { get; private set; }

    /// <summary>An operator has looked at it.</summary>
    /// <exception cref="DomainException">It was reviewed already.</exception>
    public void Review(string agent, DateTimeOffset now)
    {
        Require.Length("agent", agent, 1, 100);
        if (State == ModerationState.Reviewed)
        {
            throw new DomainException("state", "It was already reviewed.");
        }
        State = ModerationState.Reviewed;
        ReviewedAt = now;
        ReviewedBy = agent;
    }
}
