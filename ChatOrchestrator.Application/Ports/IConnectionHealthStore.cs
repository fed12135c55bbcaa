using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Application.Ports;

/// <summary>What the store knows of how connections are doing. Throws <see cref="StoreUnavailableException"/> when it is down.</summary>
public interface IConnectionHealthStore
{
    /// <summary>The connections of the bots in scope, oldest first, each with its last event and last error.</summary>
    Task<Page<ConnectionRecord>> ListAsync(BotScope scope, PageRequest page, CancellationToken cancellationToken);
}

/// <summary>A connection and what happened there last.</summary>
/// <param name="LastEventAt">When something came in last, to about five seconds; null: never.</param>
/// <param name="LastFailure">The youngest of the last <c>1,000</c> dead letters that is this connection's.</param>
public sealed record ConnectionRecord(ConnectionId Id, BotId Bot, DateTimeOffset? LastEventAt, ConnectionFailure? LastFailure);

/// <summary>Something that failed for good.</summary>
/// <param name="Reason">A stable word.</param>
public sealed record ConnectionFailure(DateTimeOffset At, string Reason);
