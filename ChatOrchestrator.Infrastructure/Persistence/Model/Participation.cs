using ChatOrchestrator.Domain.Conversations;

namespace ChatOrchestrator.Infrastructure.Persistence.Model;

/// <summary>
/// That a participant takes part in a conversation. Written when the two are resolved, not with every message, so that all
/// that somebody said is found without an index over messages.
/// </summary>
public sealed class Participation
{
    public Guid ParticipantId { get; init; }

    public ConversationId ConversationId { get; init; }
}
