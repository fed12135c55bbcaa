using ChatOrchestrator.Infrastructure.Pacing;

namespace ChatOrchestrator.Infrastructure.InProcess;

/// <summary>Buckets when there is one process. Keeps, per bucket, the time at which it will be full (GCRA).</summary>
internal sealed class InProcessTokenBuckets(TimeProvider time) : ITokenBuckets
{
    private const int MaxBuckets = 100_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _arrivals = [];

    public ValueTask<TimeSpan> TakeAsync(Bucket first, Bucket second, TimeSpan longest)
    {
        lock (_gate)
        {
            var now = Now();
            var wait = Math.Max(WaitOf(first, now), WaitOf(second, now));
            if (wait <= longest.TotalMicroseconds)
            {
                Take(first, now);
                Take(second, now);
            }
            return ValueTask.FromResult(TimeSpan.FromMicroseconds(wait));
        }
    }

    public ValueTask CloseAsync(string key, TimeSpan duration)
    {
        lock (_gate)
        {
            MakeRoom(key, Now());
            _arrivals[key] = Math.Max(_arrivals.GetValueOrDefault(key), Now() + (long)duration.TotalMicroseconds);
        }
        return ValueTask.CompletedTask;
    }

    private long Now() => time.GetUtcNow().UtcTicks / TimeSpan.TicksPerMicrosecond;

    private long WaitOf(Bucket bucket, long now) => Math.Max(0, _arrivals.GetValueOrDefault(bucket.Key) - bucket.BurstMicroseconds - now);

    private void Take(Bucket bucket, long now)
    {
        if (bucket.IntervalMicroseconds == 0)
        {
            return;
        }
        MakeRoom(bucket.Key, now);
        _arrivals[bucket.Key] = Math.Max(_arrivals.GetValueOrDefault(bucket.Key), now) + bucket.IntervalMicroseconds;
    }

    /// <summary>Forgets the buckets that are full, and if none is, all of them: the platform then says itself that we are too fast.</summary>
    private void MakeRoom(string key, long now)
    {
        if (_arrivals.Count < MaxBuckets || _arrivals.ContainsKey(key))
        {
            return;
        }
        foreach (var full in _arrivals.Where(a => a.Value <= now).Select(a => a.Key).ToArray())
        {
            _arrivals.Remove(full);
        }
        if (_arrivals.Count >= MaxBuckets)
        {
            _arrivals.Clear();
        }
    }
}
