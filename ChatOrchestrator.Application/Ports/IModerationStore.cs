using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Application.Ports;

/// <summary>What moderation found, for those who look after it. All calls throw <see cref="StoreUnavailableException"/> when the store is down.</summary>
public interface IModerationStore
{
    /// <summary>The newest first.</summary>
    Task<Page<ModerationRecord>> ListAsync(ModerationFilter filter, PageRequest page, CancellationToken cancellationToken);

    /// <summary>Applies a change to a record of this conversation; the audit entry that it returns goes into the same commit. Null: there is none.</summary>
    Task<ModerationRecord?> ChangeAsync(ConversationId conversation, Guid id, Func<ModerationRecord, AuditEntry> change, CancellationToken cancellationToken);
}

/// <summary>Which records; null: any.</summary>
/// <param name="Scope">Only those of these bots.</param>
public sealed record ModerationFilter(
    BotScope Scope,
    BotId? Bot = null,
    ConversationId? Conversation = null,
    ModerationState? State = null,
    ModerationAction? Action = null,
    ModerationDirection? Direction = null);
