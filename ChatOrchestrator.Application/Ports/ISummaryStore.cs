using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Application.Ports;

/// <summary>The rolling summaries of conversations. All calls throw <see cref="StoreUnavailableException"/> when the store is down.</summary>
public interface ISummaryStore
{
    /// <summary>What there is, or null.</summary>
    Task<StoredSummary?> FindAsync(ConversationId conversation, CancellationToken cancellationToken);

    /// <summary>There is more to summarize. One that is due already, or rests after a failure, keeps its time.</summary>
    Task MarkDueAsync(ConversationId conversation, CancellationToken cancellationToken);

    /// <summary>Claims summaries that are due. One that is not saved within <paramref name="lease"/> comes due again by itself.</summary>
    Task<IReadOnlyList<ClaimedSummary>> ClaimAsync(int max, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>The messages behind a sequence, oldest first, without those that moderation blocked.</summary>
    /// <param name="latest">Of more than <paramref name="limit"/> the latest; otherwise the first.</param>
    Task<IReadOnlyList<SaidMessage>> ListMessagesAsync(ConversationId conversation, long after, int limit, bool latest, CancellationToken cancellationToken);

    /// <summary>Saves what was written. False: the claim was lost and nothing was saved.</summary>
    Task<bool> SaveAsync(ClaimedSummary claimed, WrittenSummary written, CancellationToken cancellationToken);

    /// <summary>It could not be written; it is due again after a while.</summary>
    Task PostponeAsync(ClaimedSummary claimed, string failure, TimeSpan pause, CancellationToken cancellationToken);
}

/// <param name="Text">Empty: not written yet.</param>
/// <param name="ThroughSequence">The last message that it covers.</param>
/// <param name="ThroughAt">When that was stored.</param>
public sealed record StoredSummary(string Text, long ThroughSequence, DateTimeOffset? ThroughAt);

/// <summary>A summary that this process writes.</summary>
/// <param name="Failures">How often it failed in a row.</param>
/// <param name="ForgottenThrough">Messages up to this one are forgotten, and so is what a summary says of them.</param>
public sealed record ClaimedSummary(ConversationId Conversation, ConnectionId Connection, bool IsGroup, long ForgottenThrough, long Token, StoredSummary Summary, int Failures);

/// <param name="HasMore">There is more to add at once.</param>
public sealed record WrittenSummary(string Text, long ThroughSequence, DateTimeOffset? ThroughAt, bool HasMore);

/// <param name="EditedAt">When its author changed it last; null: it is as it was written.</param>
/// <param name="Name">The participant's name, in groups only.</param>
public sealed record SaidMessage(long Sequence, Guid Id, MessageAuthor Author, MessageKind Kind, string Text, DateTimeOffset CreatedAt, DateTimeOffset? EditedAt, string? Name);
