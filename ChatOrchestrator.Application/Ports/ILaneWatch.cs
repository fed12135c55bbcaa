using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;

namespace ChatOrchestrator.Application.Ports;

/// <summary>Looks at the lanes from outside, and wakes them. Every call but the last reads a bounded number of rows; all throw <see cref="StoreUnavailableException"/> when the store is down.</summary>
public interface ILaneWatch
{
    /// <summary>The lanes that are stuck, the longest due first, at most <paramref name="max"/>.</summary>
    Task<IReadOnlyList<StuckLane>> FindStuckAsync(StuckLimits limits, int max, CancellationToken cancellationToken);

    /// <summary>
    /// Looks at up to <paramref name="rows"/> lanes behind <paramref name="after"/>, in the order of their ids, for those in
    /// which something waits though nobody will ever look, and makes them due. Every change of a lane sets its due time, so
    /// there should be none.
    /// </summary>
    Task<LaneRepairs> RepairAsync(ConversationId after, int rows, CancellationToken cancellationToken);

    /// <summary>Makes up to <paramref name="rows"/> lanes of a connection due that rest before another attempt. Lanes that are held stay so.</summary>
    /// <returns>How many; fewer than <paramref name="rows"/>: these were all.</returns>
    Task<int> WakeAsync(ConnectionId connection, int rows, CancellationToken cancellationToken);
}

/// <summary>From when on a lane is stuck.</summary>
/// <param name="Due">Due for longer than this.</param>
/// <param name="Held">Held by one worker for longer than this.</param>
/// <param name="Attempts">As many failed attempts at one turn.</param>
/// <param name="Platforms">The platforms that this build has.</param>
/// <param name="Bots">Only lanes of these bots; null: of all.</param>
public sealed record StuckLimits(TimeSpan Due, TimeSpan Held, int Attempts, IReadOnlyList<string> Platforms, IReadOnlyList<BotId>? Bots = null);

/// <summary>Why a lane is stuck.</summary>
public enum StuckReason
{
    /// <summary>Due, and no worker takes it.</summary>
    NotTaken = 0,

    /// <summary>Its worker died or hangs, and no other takes it over.</summary>
    NotTakenOver = 1,

    /// <summary>One worker holds and renews it for longer than any turn may take.</summary>
    HeldTooLong = 2,

    /// <summary>Its turn fails again and again.</summary>
    KeepsFailing = 3,

    /// <summary>Its connection is disabled.</summary>
    ConnectionDisabled = 4,

    /// <summary>Its connection was deleted.</summary>
    ConnectionMissing = 5,

    /// <summary>This build does not have its platform.</summary>
    PlatformMissing = 6,
}

/// <summary>A lane that does not get on.</summary>
/// <param name="Since">Since when it has been due, or in the hand of its worker.</param>
/// <param name="Detail">Why the connection is disabled, or the name of the missing platform.</param>
public sealed record StuckLane(
    ConversationId Conversation, ConnectionId Connection, StuckReason Reason, DateTimeOffset? Since, string? Worker, int Attempts, string? Detail);

/// <summary>What a look at a slice of all lanes came to.</summary>
/// <param name="Repaired">Those that were made due.</param>
/// <param name="Last">Where the next look goes on; null: this was the last slice.</param>
public sealed record LaneRepairs(IReadOnlyList<ConversationId> Repaired, ConversationId? Last);
