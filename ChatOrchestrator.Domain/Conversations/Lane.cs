namespace ChatOrchestrator.Domain.Conversations;

/// <summary>
/// The ordered queue of one conversation, as one narrow row. The messages themselves are the queue's entries: the four
/// cursors say which of them wait. Changed only by the lane store's statements, never through an object.
/// </summary>
public sealed class Lane
{
    private Lane()
    {
    }

    public ConversationId ConversationId { get; private set; }

    /// <summary>When a worker should next look; null while nothing waits. While leased: the lease's end, so that a dead worker's lane comes due by itself.</summary>
    public DateTimeOffset? DueAt { get; private set; }

    /// <summary>Nothing may bring <see cref="DueAt"/> forward before this: the end of a lease or of a retry's delay.</summary>
    public DateTimeOffset? HoldUntil { get; private set; }

    /// <summary>The end of the quiet period that a burst of messages is given.</summary>
    public DateTimeOffset? QuietUntil { get; private set; }

    /// <summary>Since when the burst has been waiting; a burst is answered at the latest after five quiet periods.</summary>
    public DateTimeOffset? WaitingSince { get; private set; }

    /// <summary>The worker that holds the lane; null while nobody does.</summary>
    public string? LeaseOwner { get; private set; }

    /// <summary>When the last claim was made: for how long <see cref="LeaseOwner"/> has had it.</summary>
    public DateTimeOffset? ClaimedAt { get; private set; }

    /// <summary>The fencing token: grows with every claim and every revocation; a commit with an older one is refused.</summary>
    public long LeaseToken { get; private set; }

    /// <summary>The last inbound message. It may lag behind while the lane is held or due; a release brings it up to date.</summary>
    public long LastSequence { get; private set; }

    /// <summary>Inbound messages up to this one have had their turn.</summary>
    public long HandledSequence { get; private set; }

    /// <summary>The last outbound message.</summary>
    public long OutboundSequence { get; private set; }

    /// <summary>Outbound messages up to this one are delivered, or failed for good.</summary>
    public long DeliveredSequence { get; private set; }

    /// <summary>Failed attempts at the turn in hand.</summary>
    public int Attempts { get; private set; }
}
