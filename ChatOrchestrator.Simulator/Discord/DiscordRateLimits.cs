namespace ChatOrchestrator.Simulator.Discord;

/// <summary>Buckets as fixed windows, and the global limit (https://discord.com/developers/docs/topics/rate-limits). Guarded by the network's lock.</summary>
internal sealed class DiscordRateLimits(TimeProvider time)
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly BoundedMap<string, (DateTimeOffset Reset, int Used)> _windows = new(20_000);

    /// <summary>Counts a call in a bucket.</summary>
    public Taken Take(string key, int limit, bool global = false)
    {
        if (limit == 0)
        {
            return new Taken(true, 0, 0, 0);
        }
        var now = time.GetUtcNow();
        if (!_windows.TryGetValue(key, out var window) || window.Reset <= now)
        {
            window = (now + (global ? Second : Window), 0);
        }
        var allowed = window.Used < limit;
        window.Used += allowed ? 1 : 0;
        _windows.Set(key, window);
        return new Taken(allowed, limit, limit - window.Used, (window.Reset - now).TotalSeconds);
    }

    public void Clear() => _windows.Clear();

    /// <param name="ResetAfter">In seconds.</param>
    internal readonly record struct Taken(bool Allowed, int Limit, int Remaining, double ResetAfter);
}
