using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Domain.Conversations;

/// <summary>A person (or another bot) as one platform knows them.</summary>
public sealed class Participant
{
    private Participant()
    {
    }

    /// <summary>A UUIDv7.</summary>
    public Guid Id { get; private set; }

    public ConnectionId ConnectionId { get; private set; }

    /// <summary>The platform's own id of the user.</summary>
    public string UserId { get; private set; } = "";

    public string? DisplayName { get; private set; }

    public string? Username { get; private set; }

    /// <summary>IETF language tag, as the platform tells it.</summary>
    public string? Language { get; private set; }

    /// <summary>Since when the participant refuses the bot's messages; null while they arrive.</summary>
    public DateTimeOffset? BlockedAt { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }
}
