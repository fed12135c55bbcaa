using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Application.Ports;

/// <summary>What the bot would have said where an operator took over. All calls throw <see cref="StoreUnavailableException"/> when the store is down.</summary>
public interface ISuggestionStore
{
    /// <summary>
    /// Keeps an answer whose turn was refused, if it was an operator's takeover that overtook it, and notes it in the
    /// question's timeline. One question has one suggestion.
    /// </summary>
    /// <returns>False: the question has an answer or a suggestion, or nobody took the conversation over.</returns>
    Task<bool> KeepAsync(Suggestion suggestion, CancellationToken cancellationToken);

    /// <summary>A suggestion of this conversation, or null.</summary>
    Task<Suggestion?> FindAsync(ConversationId conversation, Guid id, CancellationToken cancellationToken);

    /// <summary>The newest first.</summary>
    Task<Page<Suggestion>> ListAsync(ConversationId conversation, SuggestionState? state, PageRequest page, CancellationToken cancellationToken);

    /// <summary>Marks a suggestion as dismissed. Null: there is none in this conversation.</summary>
    /// <exception cref="Domain.DomainException">It was sent or dismissed already.</exception>
    Task<Suggestion?> DismissAsync(ConversationId conversation, Guid id, string agent, AuditEntry? audit, CancellationToken cancellationToken);
}
