using ChatOrchestrator.Domain.Conversations;

namespace ChatOrchestrator.Domain.Messages;

/// <summary>
/// Something out of the ordinary in a message's life (a redelivery, a failed attempt, a takeover). The ordinary steps
/// are read from the message, its turn and its parts.
/// </summary>
public sealed class TimelineEvent
{
    private TimelineEvent()
    {
    }

    public TimelineEvent(ConversationId conversation, Guid message, string kind, string? detail, DateTimeOffset at)
    {
        ConversationId = conversation;
        MessageId = message;
        Kind = kind;
        Detail = detail;
        At = at;
    }

    public long Id { get; private set; }

    public ConversationId ConversationId { get; private set; }

    /// <summary>The message it is about.</summary>
    public Guid MessageId { get; private set; }

    /// <summary>A stable word: <c>redelivered</c>, <c>turn_failed</c>, <c>taken_over</c>, <c>edited</c>…</summary>
    public string Kind { get; private set; } = "";

    /// <summary>A short detail without message text and without secrets.</summary>
    public string? Detail { get; private set; }

    public DateTimeOffset At { get; private set; }
}
