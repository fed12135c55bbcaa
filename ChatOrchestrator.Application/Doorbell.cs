using System.Globalization;
using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Application;

/// <summary>
/// Wakes workers when a lane is due. It may be lost without harm: workers also look for themselves. The payload is the
/// time until the lane is due, in milliseconds.
/// </summary>
public sealed class Doorbell(ISignals signals, TimeProvider time) : IDisposable
{
    public const string Channel = "doorbell";

    private readonly SemaphoreSlim _rung = new(0, 1);
    private readonly Lock _gate = new();
    private long _nextWake = long.MaxValue;

    /// <summary>Rings at every worker, this process included.</summary>
    public void Ring(int dueInMs) => signals.Publish(Channel, dueInMs.ToString(CultureInfo.InvariantCulture));

    /// <summary>Rings only here: this process is about to look anyway, and others need not compete.</summary>
    public void RingHere(TimeSpan dueIn)
    {
        var at = time.GetTimestamp() + (long)(Math.Max(0, dueIn.TotalSeconds) * time.TimestampFrequency);
        lock (_gate)
        {
            if (at >= _nextWake)
            {
                return;
            }
            _nextWake = at;
            if (_rung.CurrentCount == 0)
            {
                _rung.Release();
            }
        }
    }

    /// <summary>Makes rings from other processes ring here, until disposed.</summary>
    public Task<IAsyncDisposable> ListenAsync(CancellationToken cancellationToken) =>
        signals.SubscribeAsync(
            Channel,
            payload =>
            {
                if (int.TryParse(payload, CultureInfo.InvariantCulture, out var ms))
                {
                    RingHere(TimeSpan.FromMilliseconds(ms));
                }
            },
            cancellationToken);

    /// <summary>Returns when a lane is due by what was rung, or after <paramref name="atMost"/>.</summary>
    public async Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        var end = time.GetTimestamp() + (long)(atMost.TotalSeconds * time.TimestampFrequency);
        while (true)
        {
            TimeSpan wait;
            lock (_gate)
            {
                var now = time.GetTimestamp();
                if (_nextWake <= now || end <= now)
                {
                    if (_nextWake <= now)
                    {
                        _nextWake = long.MaxValue;
                    }
                    return;
                }
                wait = time.GetElapsedTime(now, Math.Min(_nextWake, end));
            }
            // Rounded up, so that a timer's coarse tick does not make this loop spin.
            await _rung.WaitAsync(wait + TimeSpan.FromMilliseconds(1), cancellationToken);
        }
    }

    public void Dispose() => _rung.Dispose();
}
