namespace ChatOrchestrator.Infrastructure.Pacing;

/// <summary>Token buckets that all replicas share. Two of them are taken from together, or neither.</summary>
internal interface ITokenBuckets
{
    /// <summary>
    /// Takes one token from each bucket. The result is the time until both have one; when it is longer than
    /// <paramref name="longest"/> nothing was taken.
    /// </summary>
    ValueTask<TimeSpan> TakeAsync(Bucket first, Bucket second, TimeSpan longest);

    /// <summary>Empties a bucket for a while.</summary>
    ValueTask CloseAsync(string key, TimeSpan duration);
}

/// <summary>A bucket that fills at a rate and holds one second's worth, at least one.</summary>
/// <param name="Key">Its name; buckets that are taken from together share the part in braces.</param>
/// <param name="PerSecond">Tokens per second; 0: no limit.</param>
internal readonly record struct Bucket(string Key, double PerSecond)
{
    /// <summary>Time between two tokens, in microseconds; 0: no limit.</summary>
    public long IntervalMicroseconds => PerSecond > 0 ? (long)(1_000_000 / PerSecond) : 0;

    /// <summary>How far ahead of its rate a bucket may be, in microseconds.</summary>
    public long BurstMicroseconds => PerSecond > 1 ? 1_000_000 - IntervalMicroseconds : 0;
}
