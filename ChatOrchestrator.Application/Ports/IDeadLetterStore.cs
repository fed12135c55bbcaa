using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Application.Ports;

/// <summary>What failed for good. All calls throw <see cref="StoreUnavailableException"/> when the store is down.</summary>
public interface IDeadLetterStore
{
    /// <summary>By age; the newest first unless <paramref name="oldestFirst"/>.</summary>
    Task<Page<DeadLetterView>> ListAsync(DeadLetterFilter filter, bool oldestFirst, PageRequest page, CancellationToken cancellationToken);

    /// <summary>A dead letter and what it is about, or null.</summary>
    Task<DeadLetterRecord?> FindAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>
    /// Puts a message into the lane in the dead letter's place, behind everything that is there: one commit with the dead
    /// letter's new state, the notes in the timeline, and the audit entry. A message's other open dead letters are
    /// resolved with it.
    /// </summary>
    /// <param name="id">The dead letter.</param>
    /// <param name="message">The question that is put again, or what is sent again.</param>
    /// <param name="parts">What is sent; nothing for a question.</param>
    /// <param name="audit">Written with it; says who did it and when.</param>
    /// <exception cref="NotFoundException">There is no such dead letter any more.</exception>
    /// <exception cref="ReplayRefusedException">It is resolved, was answered meanwhile, or the bot may not speak there.</exception>
    Task ReplayAsync(Guid id, Message message, IReadOnlyList<PartBody> parts, AuditEntry audit, CancellationToken cancellationToken);

    /// <summary>Takes a dead letter out of the way, with the audit entry in the same commit. False: there is none.</summary>
    /// <exception cref="Domain.DomainException">It is not open any more, or the reason is empty or too long.</exception>
    Task<bool> DiscardAsync(Guid id, string? reason, AuditEntry audit, CancellationToken cancellationToken);
}

/// <summary>Which dead letters; null: any.</summary>
/// <param name="Scope">Only those of these bots; null: of all.</param>
/// <param name="From">Not older than this.</param>
/// <param name="To">Older than this.</param>
public sealed record DeadLetterFilter(
    DeadLetterState? State = null,
    BotId? Bot = null,
    ConnectionId? Connection = null,
    ConversationId? Conversation = null,
    string? Reason = null,
    DateTimeOffset? From = null,
    DateTimeOffset? To = null,
    BotScope? Scope = null);

/// <summary>A dead letter and where it belongs.</summary>
public sealed record DeadLetterView(DeadLetter Letter, BotId Bot, ConnectionId Connection, PlatformName Platform);

/// <summary>A dead letter with what it is about.</summary>
/// <param name="Message">The message that failed.</param>
/// <param name="Questions">All that the failed turn was to answer, oldest first; nothing for a delivery.</param>
/// <param name="FailedParts">What was not delivered, in order; nothing for a turn.</param>
public sealed record DeadLetterRecord(DeadLetterView View, Message Message, IReadOnlyList<Message> Questions, IReadOnlyList<Part> FailedParts);
