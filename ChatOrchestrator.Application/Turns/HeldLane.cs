using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Application.Turns;

/// <summary>A lane that this process works on right now.</summary>
internal sealed class HeldLane : IDisposable
{
    private readonly CancellationTokenSource _cancellation;
    private long _leaseEnds;

    public HeldLane(ClaimedLane lane, long leaseEnds, CancellationToken stopping)
    {
        Lane = lane;
        _leaseEnds = leaseEnds;
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(stopping);
    }

    public ClaimedLane Lane { get; }

    /// <summary>Cancelled when the lease is lost or the process must stop.</summary>
    public CancellationToken Cancellation => _cancellation.Token;

    /// <summary>The lane belongs to somebody else by now: nothing may be sent or saved.</summary>
    public bool IsLost { get; private set; }

    /// <summary>When the lease ends by this process's monotonic clock, which goes on while the process is frozen.</summary>
    public long LeaseEnds
    {
        get => Volatile.Read(ref _leaseEnds);
        set => Volatile.Write(ref _leaseEnds, value);
    }

    public void Lose()
    {
        IsLost = true;
        _cancellation.Cancel();
    }

    public void Dispose() => _cancellation.Dispose();
}
