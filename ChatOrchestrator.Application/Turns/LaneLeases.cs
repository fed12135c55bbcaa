using System.Collections.Concurrent;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Telemetry;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Application.Turns;

/// <summary>The lanes that this process holds: renewed together, and given up when the store says that they are lost.</summary>
internal sealed partial class LaneLeases(ILaneStore store, IOptions<EngineOptions> options, TimeProvider time, ILogger<LaneLeases> logger)
{
    private readonly ConcurrentDictionary<ConversationId, HeldLane> _held = new();

    public int Count => _held.Count;

    public HeldLane Add(ClaimedLane lane, long claimedAt, CancellationToken stopping)
    {
        var held = new HeldLane(lane, claimedAt, EndOf(claimedAt), stopping);
        _held[lane.Conversation] = held;
        EngineTelemetry.Held.Add(1);
        return held;
    }

    public void Remove(HeldLane held)
    {
        _held.TryRemove(new KeyValuePair<ConversationId, HeldLane>(held.Lane.Conversation, held));
        held.Dispose();
        EngineTelemetry.Held.Add(-1);
    }

    /// <summary>
    /// Gives a lane up at once because somebody took it. Signals may be late: whoever has the lane because of what this one
    /// tells of (a command that is handled by now, a takeover whose messages are being sent) is left alone.
    /// </summary>
    public void Interrupt(Interrupts interrupt)
    {
        if (_held.TryGetValue(interrupt.Conversation, out var held)
            && !(held.Lane.HandledSequence >= interrupt.BeforeSequence - 1)
            && !(interrupt.KeepsAnswer && held.Lane.State == ConversationState.HandedOff))
        {
            Lose(held, interrupt.KeepsAnswer);
        }
    }

    /// <summary>Messages of the connection were edited or taken back: its lanes are read anew before their next turns.</summary>
    public void Outdate(ConnectionId connection)
    {
        foreach (var held in _held.Values)
        {
            if (held.Lane.Connection == connection)
            {
                held.Outdate();
            }
        }
    }

    /// <summary>
    /// Whether the lane may be acted upon now. While the lease is young that is certain; a process that was frozen past
    /// its lease asks the store first, so that it cannot send what another worker has taken over.
    /// </summary>
    public async ValueTask<bool> IsHeldAsync(HeldLane held, CancellationToken cancellationToken)
    {
        if (held.IsLost)
        {
            return false;
        }
        if (time.GetTimestamp() < held.LeaseEnds - (long)(options.Value.Renew.TotalSeconds * time.TimestampFrequency / 2))
        {
            return true;
        }
        await RenewAsync([held], cancellationToken);
        return !held.IsLost;
    }

    /// <summary>
    /// Renews everything until cancelled. A store that is down, or that refuses a statement, is asked again; the leases may
    /// run out meanwhile. Whoever renews must never end: every turn that takes longer than a lease would be made twice.
    /// </summary>
    public async Task RenewUntilAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(options.Value.Renew, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            // Lanes claimed a moment ago will mostly be released before their first renewal is due.
            var soon = time.GetTimestamp() + (long)((options.Value.Lease - options.Value.Renew).TotalSeconds * time.TimestampFrequency);
            var due = _held.Values.Where(h => h.LeaseEnds < soon && !h.IsLost).ToArray();
            if (due.Length == 0)
            {
                continue;
            }
            try
            {
                await RenewAsync(due, cancellationToken);
            }
            catch (StoreUnavailableException)
            {
                RenewalFailed(due.Length);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                RenewalBroke(e, due.Length);
            }
        }
    }

    private async Task RenewAsync(HeldLane[] lanes, CancellationToken cancellationToken)
    {
        var asked = time.GetTimestamp();
        var held = await store.RenewAsync([.. lanes.Select(h => h.Lane.Lease)], options.Value.Lease, cancellationToken);
        foreach (var lane in lanes)
        {
            if (held.Contains(lane.Lane.Conversation))
            {
                lane.LeaseEnds = EndOf(asked);
            }
            else if (!lane.IsLost && _held.ContainsKey(lane.Lane.Conversation))
            {
                Lose(lane, keepsAnswer: true);
            }
        }
    }

    private static void Lose(HeldLane held, bool keepsAnswer)
    {
        try
        {
            if (keepsAnswer)
            {
                held.Lose();
            }
            else
            {
                held.Interrupt();
            }
        }
        catch (ObjectDisposedException)
        {
            // Released between the look-up and here.
        }
    }

    private long EndOf(long start) => start + (long)(options.Value.Lease.TotalSeconds * time.TimestampFrequency);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The leases of {Count} lanes could not be renewed: the store is unavailable")]
    private partial void RenewalFailed(int count);

    [LoggerMessage(Level = LogLevel.Error, Message = "Renewing the leases of {Count} lanes broke; they are renewed again")]
    private partial void RenewalBroke(Exception e, int count);
}
