using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Domain.Messages;

/// <summary>Anything a platform told us that is not a new message: an edit, a reaction, a membership, a kind we ignore.</summary>
public sealed class InboxEvent
{
    private InboxEvent()
    {
    }

    public long Id { get; private set; }

    public ConnectionId ConnectionId { get; private set; }

    /// <summary>The platform's id of the event, unique within the connection.</summary>
    public string PlatformEventId { get; private set; } = "";

    /// <summary>A stable word: <c>edit</c>, <c>reaction</c>, <c>membership</c>, <c>migrated</c>, <c>ignored</c>.</summary>
    public string Kind { get; private set; } = "";

    /// <summary>What it is about: for an edit the platform's id of the message, for an ignored one the update's type.</summary>
    public string? Subject { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }
}
