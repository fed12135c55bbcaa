namespace ChatOrchestrator.Application.Ports;

/// <summary>Counts what comes in against limits that hold across all replicas.</summary>
public interface IRateLimits
{
    /// <summary>Takes up to <paramref name="count"/> tokens, one for each message or answer.</summary>
    ValueTask<RateTaken> TakeAsync(RateLimit limit, int count, CancellationToken cancellationToken);
}

/// <summary>A bucket of tokens.</summary>
/// <param name="Key">Its name.</param>
/// <param name="PerMinute">How many tokens it gets back in a minute, at least 1.</param>
/// <param name="Burst">How many it holds, at least 1.</param>
/// <param name="Strict">Once it has refused it goes on refusing, until nobody has asked for a minute.</param>
public readonly record struct RateLimit(string Key, int PerMinute, int Burst, bool Strict = false);

/// <summary>What was taken.</summary>
/// <param name="Taken">How many tokens.</param>
/// <param name="FirstRefusal">None was taken, for the first time within a minute, whichever replica asked.</param>
public readonly record struct RateTaken(int Taken, bool FirstRefusal);
