using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Application.Ports;

/// <summary>Conversations for those who watch and steer them. All calls throw <see cref="StoreUnavailableException"/> when the store is down.</summary>
public interface IConversationStore
{
    Task<ConversationView?> FindAsync(ConversationId id, CancellationToken cancellationToken);

    /// <summary>The conversation of a chat, or null before its first message.</summary>
    Task<ConversationView?> FindAsync(ConnectionId connection, ChatAddress chat, CancellationToken cancellationToken);

    /// <summary>The latest activity first.</summary>
    Task<Page<ConversationView>> ListAsync(ConversationFilter filter, PageRequest page, CancellationToken cancellationToken);

    /// <summary>
    /// Stores an operator's message with its parts and makes the lane due, so that it is delivered in its turn. A lane that
    /// is held (by a worker, or until a retry) keeps its due time; who holds it sees the message when letting go.
    /// </summary>
    /// <param name="message">What the operator says.</param>
    /// <param name="parts">The same as it is sent.</param>
    /// <param name="suggestion">The suggestion that it was, marked as sent in the same commit; null: none.</param>
    /// <param name="audit">Written with it.</param>
    /// <param name="cancellationToken">Gives up before the commit.</param>
    /// <returns>False: the conversation does not exist, or the suggestion not in it.</returns>
    /// <exception cref="Domain.DomainException">The conversation has ended, or the suggestion was sent or dismissed already.</exception>
    Task<bool> AddMessageAsync(Message message, IReadOnlyList<PartBody> parts, Guid? suggestion, AuditEntry? audit, CancellationToken cancellationToken);

    /// <summary>
    /// Changes who answers. With <paramref name="silence"/> the lane is taken from whoever works on it in the same commit,
    /// and what the bot has said but not sent is withdrawn (an answer that an operator's takeover withdraws is kept as a
    /// suggestion): a running turn's commit is refused from then on.
    /// </summary>
    /// <param name="change">Applied to the stored conversation while its lane is locked; the audit entry that it returns goes into the same commit.</param>
    /// <param name="silence">The stable word that the timeline gives as the reason, or null to leave the bot alone.</param>
    /// <returns>The conversation as it is now; null: there is none.</returns>
    Task<Conversation?> ChangeStateAsync(ConversationId id, Func<Conversation, AuditEntry?> change, string? silence, CancellationToken cancellationToken);
}

/// <summary>Which conversations; null: any.</summary>
/// <param name="Scope">Only those of these bots.</param>
/// <param name="Participant">A part of the name, or the platform's id, of somebody who takes part.</param>
/// <param name="Text">Words of a message; what is searched is limited (docs/decisions/0015).</param>
/// <param name="From">Active at this time or later.</param>
/// <param name="To">Last active before this.</param>
/// <param name="Insight">Of at least one message all of this was found out.</param>
public sealed record ConversationFilter(
    BotScope Scope,
    BotId? Bot = null,
    ConnectionId? Connection = null,
    ConversationState? State = null,
    PlatformName? Platform = null,
    string? Participant = null,
    string? Text = null,
    DateTimeOffset? From = null,
    DateTimeOffset? To = null,
    InsightFilter? Insight = null);

/// <summary>A conversation, the platform it is on, and its lane.</summary>
public sealed record ConversationView(Conversation Conversation, PlatformName Platform, Lane? Lane);
