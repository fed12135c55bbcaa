using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Application.Ports;

/// <summary>What was found out about messages. All calls throw <see cref="StoreUnavailableException"/> when the store is down.</summary>
public interface IInsightStore
{
    /// <summary>The connections of bots that want their messages understood.</summary>
    Task<IReadOnlyList<ConnectionId>> ListConnectionsAsync(CancellationToken cancellationToken);

    /// <summary>Messages of participants behind a sequence that nothing is known about yet, oldest first.</summary>
    Task<IReadOnlyList<UnknownMessage>> ListUnknownAsync(IReadOnlyList<ConnectionId> connections, long after, int limit, CancellationToken cancellationToken);

    /// <summary>The last message behind a sequence that was stored before a time; the sequence itself when there is none.</summary>
    Task<long> LastBeforeAsync(long after, DateTimeOffset before, CancellationToken cancellationToken);

    /// <summary>Keeps an insight, with a note for the message's timeline if there is one. False: there was one already, or the message is gone.</summary>
    Task<bool> AddAsync(Insight insight, TimelineEvent? note, CancellationToken cancellationToken);
}

/// <summary>A message that is to be understood.</summary>
/// <param name="EditedAt">When its author changed it last; null: it is as it was written.</param>
/// <param name="IsHandled">It has had its turn: moderation has judged it, and what was said in it is written down.</param>
public sealed record UnknownMessage(
    long Sequence, Guid Id, ConversationId Conversation, ConnectionId Connection, string Text, DateTimeOffset CreatedAt, DateTimeOffset? EditedAt, bool IsHandled);
