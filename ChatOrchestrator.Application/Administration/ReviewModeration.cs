using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Application.Administration;

/// <summary>Shows operators what moderation found, and notes that they have looked at it.</summary>
public sealed class ReviewModeration(IModerationStore moderations, TimeProvider time)
{
    public Task<Page<ModerationRecord>> ListAsync(ModerationFilter filter, PageRequest page, CancellationToken cancellationToken) =>
        moderations.ListAsync(filter, page, cancellationToken);

    /// <exception cref="NotFoundException">There is no such record in this conversation.</exception>
    /// <exception cref="Domain.DomainException">It was reviewed already.</exception>
    public async Task<ModerationRecord> HandleAsync(ConversationId conversation, Guid id, string agent, Actor actor, CancellationToken cancellationToken) =>
        await moderations.ChangeAsync(
            conversation,
            id,
            record =>
            {
                record.Review(agent, time.GetUtcNow());
                return AuditEntry.Of(
                    actor, "moderation.reviewed", "moderation", id, record.ReviewedAt!.Value, record.BotId, new { conversationId = conversation.Value, agent });
            },
            cancellationToken) ?? throw new NotFoundException("moderation record");
}
