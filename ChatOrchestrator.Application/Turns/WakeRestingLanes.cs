using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Application.Turns;

/// <summary>
/// A lane whose connection is off rests for minutes, so that it costs nothing. When an operator mends the connection its
/// lanes are due at once, at every worker.
/// </summary>
public sealed partial class WakeRestingLanes(ILaneWatch lanes, IConnectionStore stored, IConnectionDirectory connections, Doorbell doorbell, ILogger<WakeRestingLanes> logger)
{
    /// <summary>How many lanes one commit wakes.</summary>
    private const int Batch = 500;

    /// <summary>Wakes the lanes of a connection that works again. What is known of it must be forgotten before.</summary>
    public async Task HandleAsync(ConnectionId connection, CancellationToken cancellationToken)
    {
        // Until none is left: a batch is also smaller than it may be when somebody takes one of its lanes meanwhile.
        int woken;
        do
        {
            woken = await lanes.WakeAsync(connection, Batch, cancellationToken);
            if (woken > 0)
            {
                Woken(connection, woken);
                doorbell.Ring(0);
            }
        }
        while (woken > 0);
    }

    /// <summary>
    /// For who has just put a lane to rest because of what it had read of the connection before. Whoever mended the
    /// connection meanwhile may have looked for resting lanes too early to see this one; one of both sees the other. There
    /// is no token: the lane is nobody's any more, and that its lease is gone must not keep anybody from looking.
    /// </summary>
    public async Task UnlessStillOffAsync(ConnectionSnapshot seen)
    {
        if (await stored.FindAsync(seen.Id, CancellationToken.None) is { DisabledReason: null } now && now.Version != seen.Version)
        {
            await connections.ChangedAsync(seen.Id, CancellationToken.None);
            await HandleAsync(seen.Id, CancellationToken.None);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Connection {ConnectionId} works again: {Lanes} resting lanes are due")]
    private partial void Woken(ConnectionId connectionId, int lanes);
}
