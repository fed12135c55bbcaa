using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Infrastructure.InProcess;

/// <summary>Limits when there is one process. Keeps, per bucket, the time at which it will be full (GCRA) and until when it has said no.</summary>
internal sealed class InProcessRateLimits(TimeProvider time) : IRateLimits
{
    /// <summary>More than this are not remembered at once: then everybody begins afresh, as after a restart.</summary>
    internal const int MaxBuckets = 100_000;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Bucket> _buckets = [];

    public ValueTask<RateTaken> TakeAsync(RateLimit limit, int count, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return ValueTask.FromResult(Take(limit, count, time.GetUtcNow().UtcTicks));
        }
    }

    private RateTaken Take(RateLimit limit, int count, long now)
    {
        var bucket = _buckets.GetValueOrDefault(limit.Key);
        if (limit.Strict && bucket.RefusedUntil > now)
        {
            _buckets[limit.Key] = bucket with { RefusedUntil = now + Window.Ticks };
            return default;
        }
        MakeRoom(limit.Key, now);
        var interval = TimeSpan.TicksPerMinute / limit.PerMinute;
        var full = Math.Max(bucket.FullAt, now);
        var taken = (int)Math.Clamp((now + limit.Burst * interval - full) / interval, 0, count);
        if (taken > 0)
        {
            _buckets[limit.Key] = bucket with { FullAt = full + taken * interval };
            return new RateTaken(taken, false);
        }
        if (bucket.RefusedUntil > now)
        {
            return default;
        }
        _buckets[limit.Key] = bucket with { RefusedUntil = now + Window.Ticks };
        return new RateTaken(0, true);
    }

    private void MakeRoom(string key, long now)
    {
        if (_buckets.Count < MaxBuckets || _buckets.ContainsKey(key))
        {
            return;
        }
        foreach (var over in _buckets.Where(b => b.Value.FullAt <= now && b.Value.RefusedUntil <= now).Select(b => b.Key).ToArray())
        {
            _buckets.Remove(over);
        }
        if (_buckets.Count >= MaxBuckets)
        {
            _buckets.Clear();
        }
    }

    private readonly record struct Bucket(long FullAt, long RefusedUntil);
}
