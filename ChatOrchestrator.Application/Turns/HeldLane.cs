using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Telemetry;

namespace ChatOrchestrator.Application.Turns;

/// <summary>A lane that this process works on right now.</summary>
internal sealed class HeldLane : IDisposable
{
    private readonly CancellationTokenSource _cancellation;
    private readonly CancellationTokenSource _generation;
    private long _leaseEnds;

    public HeldLane(ClaimedLane lane, long claimedAt, long leaseEnds, CancellationToken stopping)
    {
        Lane = lane;
        ClaimedAt = claimedAt;
        _leaseEnds = leaseEnds;
        Log = new LaneLogScope(lane);
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        _generation = CancellationTokenSource.CreateLinkedTokenSource(stopping);
    }

    public ClaimedLane Lane { get; private set; }

    /// <summary>What log lines say while the lane is worked on.</summary>
    public LaneLogScope Log { get; }

    /// <summary>By this process's monotonic clock.</summary>
    public long ClaimedAt { get; }

    /// <summary>What the turn in hand has used and met so far.</summary>
    public TurnRecord Record { get; } = new();

    /// <summary>The commit of the last outcome, while the lane has gone on without waiting for it. False: the lease was lost.</summary>
    public Task<bool> Unsettled { get; set; } = Task.FromResult(true);

    /// <summary>Cancelled when the lease is lost or the process must stop.</summary>
    public CancellationToken Cancellation => _cancellation.Token;

    /// <summary>
    /// Cancelled when nobody wants the answer any more or the process must stop. An answer in the making outlives the
    /// lease: it cannot be sent or saved as an answer, but an operator who took over may want it.
    /// </summary>
    public CancellationToken Generation => _generation.Token;

    /// <summary>The lane belongs to somebody else by now: nothing may be sent or saved.</summary>
    public bool IsLost { get; private set; }

    /// <summary>What waits in the lane is not what was loaded any more: whoever takes the next turn loads it anew.</summary>
    public bool IsOutdated { get; private set; }

    /// <summary>When the lease ends by this process's monotonic clock, which goes on while the process is frozen.</summary>
    public long LeaseEnds
    {
        get => Volatile.Read(ref _leaseEnds);
        set => Volatile.Write(ref _leaseEnds, value);
    }

    /// <summary>The turn is over and what it said is delivered; the lane stays.</summary>
    public void MoveOn(long handled, long outbound) => Lane = Lane with
    {
        HandledSequence = handled,
        OutboundSequence = Math.Max(outbound, Lane.OutboundSequence),
        DeliveredSequence = Math.Max(outbound, Lane.DeliveredSequence),
        Attempts = 0,
        TakenOverFrom = null,
    };

    /// <summary>Somebody edited, or took back, what was loaded.</summary>
    public void Outdate() => IsOutdated = true;

    /// <summary>From here on nothing is sent or saved; an answer in the making is finished.</summary>
    public void Lose()
    {
        IsLost = true;
        _cancellation.Cancel();
    }

    /// <summary>As <see cref="Lose"/>, and the answer in the making is of no use to anybody (<c>/stop</c>).</summary>
    public void Interrupt()
    {
        Lose();
        _generation.Cancel();
    }

    public void Dispose()
    {
        _cancellation.Dispose();
        _generation.Dispose();
    }
}
