using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Application.Ports;

/// <summary>
/// The lanes: claims, and the commits of those who hold one. Every commit carries the lease's token; the store refuses it
/// once the lane was claimed by another worker or revoked. All throw <see cref="StoreUnavailableException"/> when the store is down.
/// </summary>
public interface ILaneStore
{
    /// <summary>Claims up to <paramref name="max"/> due lanes. A lane that is not renewed or released within <paramref name="lease"/> comes due again by itself.</summary>
    Task<IReadOnlyList<ClaimedLane>> ClaimAsync(string worker, int max, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>Loads what waits in each lane and the history before it, in the order given.</summary>
    Task<IReadOnlyList<LaneContent>> LoadAsync(IReadOnlyList<LaneQuery> lanes, CancellationToken cancellationToken);

    /// <summary>Extends leases. Returns those that are still held.</summary>
    Task<IReadOnlySet<ConversationId>> RenewAsync(IReadOnlyList<Lease> leases, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>
    /// One commit for all: saves the outcomes of parts and releases the lanes that are done; then saves the answers of turns
    /// with their parts and moves those lanes on, whose leases stay. A lane has at most one of each. Results stand in the order given.
    /// </summary>
    Task<LanesCommitted> CommitAsync(IReadOnlyList<DeliveryCommit> deliveries, IReadOnlyList<TurnCommit> turns, CancellationToken cancellationToken);

    /// <summary>
    /// Takes the lane from whoever holds it, withdraws what has not been sent, and skips what waits before
    /// <paramref name="beforeSequence"/> (<c>/stop</c>, <c>/reset</c>). Without effect once the command there has had its turn.
    /// </summary>
    Task InterruptAsync(ConversationId conversation, long beforeSequence, string reason, CancellationToken cancellationToken);

    /// <summary>Notes something in a waiting message's timeline, and may complete its text by what was heard in it. Without effect once the lease is lost.</summary>
    Task AnnotateAsync(Lease lease, MessageNote note, CancellationToken cancellationToken);

    /// <summary>How many lanes wait, and since when the oldest has been due; the lag is null while none is.</summary>
    Task<LaneBacklog> BacklogAsync(CancellationToken cancellationToken);
}

/// <summary>What became of each delivery's and each turn's commit.</summary>
public readonly record struct LanesCommitted(IReadOnlyList<DeliveryCommitted> Deliveries, IReadOnlyList<TurnCommitted> Turns);

/// <summary>What a turn finds out about a message.</summary>
/// <param name="Kind">A stable word for the timeline.</param>
/// <param name="Detail">A short detail without message text.</param>
/// <param name="Text">The message's text from now on; null: it stays.</param>
/// <param name="Content">The message's content from now on; goes with <paramref name="Text"/>.</param>
public sealed record MessageNote(Guid MessageId, string Kind, string? Detail, string? Text = null, MessageContent? Content = null);

/// <summary>The right to work on a lane.</summary>
public readonly record struct Lease(ConversationId Conversation, long Token);

public readonly record struct LaneBacklog(long Due, TimeSpan? OldestLag);
