namespace ChatOrchestrator.Application;

/// <summary>Growing, jittered delays between attempts: 1 s, 2 s, 4 s … up to a minute, each shortened at random by up to a half.</summary>
internal static class Backoff
{
    private const double MaxSeconds = 60;

    /// <param name="attempt">How many attempts have failed, from 1.</param>
    /// <param name="atLeast">What the other side asked for.</param>
    public static TimeSpan After(int attempt, TimeSpan? atLeast)
    {
        var seconds = Math.Min(MaxSeconds, Math.Pow(2, Math.Min(attempt, 10) - 1));
#pragma warning disable CA5394 // Jitter needs no unpredictable numbers.
        var delay = TimeSpan.FromSeconds(seconds * (1 - (Random.Shared.NextDouble() / 2)));
#pragma warning restore CA5394
        return atLeast > delay ? atLeast.Value : delay;
    }
}
