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

    /// <summary>How many times of wakes are remembered. What is beyond them is found by those who look.</summary>
    private const int MaxWakes = 1_024;

    /// <summary>Wakes that lie closer together are one, so that a second's rings are few.</summary>
    private static readonly TimeSpan Grain = TimeSpan.FromMilliseconds(2);

    private readonly SemaphoreSlim _rung = new(0, 1);
    private readonly Lock _gate = new();

    /// <summary>The soonest first: a lane that is due later must not be forgotten because another is due before it.</summary>
    private readonly SortedSet<long> _wakes = [];

    /// <summary>Rings at every worker, this process included.</summary>
    public void Ring(int dueInMs) => signals.Publish(Channel, dueInMs.ToString(CultureInfo.InvariantCulture));

    /// <summary>Rings only here: this process is about to look anyway, and others need not compete.</summary>
    public void RingHere(TimeSpan dueIn)
    {
        var now = time.GetTimestamp();
        var grain = (long)(Grain.TotalSeconds * time.TimestampFrequency);
        // Rounded up, and never when it is due at once.
        var at = dueIn <= TimeSpan.Zero ? now : (now + (long)(dueIn.TotalSeconds * time.TimestampFrequency) + grain - 1) / grain * grain;
        lock (_gate)
        {
            if (at <= now && _wakes.Count > 0 && _wakes.Min <= at)
            {
                return;
            }
            var isNext = _wakes.Count == 0 || at < _wakes.Min;
            if (_wakes.Count >= MaxWakes)
            {
                if (at >= _wakes.Max)
                {
                    return;
                }
                _wakes.Remove(_wakes.Max);
            }
            _wakes.Add(at);
            if (isNext && _rung.CurrentCount == 0)
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
                var rang = false;
                while (_wakes.Count > 0 && _wakes.Min <= now)
                {
                    rang = _wakes.Remove(_wakes.Min);
                }
                if (rang || end <= now)
                {
                    return;
                }
                wait = time.GetElapsedTime(now, _wakes.Count > 0 ? Math.Min(_wakes.Min, end) : end);
            }
            // Rounded up, so that a timer's coarse tick does not make this loop spin.
            await _rung.WaitAsync(wait + TimeSpan.FromMilliseconds(1), cancellationToken);
        }
    }

    public void Dispose() => _rung.Dispose();
}
