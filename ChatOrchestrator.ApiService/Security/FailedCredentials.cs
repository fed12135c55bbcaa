using System.Collections.Concurrent;
using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.ApiService.Security;

/// <summary>
/// Whoever shows wrong keys again and again is not looked at for a while: guessing costs the store nothing. All replicas
/// count together; how long an address waits, each process remembers for itself.
/// </summary>
internal sealed class FailedCredentials(IRateLimits limits, IOptions<LimitOptions> options, TimeProvider time)
{
    private const int MaxRemembered = 10_000;

    private readonly ConcurrentDictionary<string, DateTimeOffset> _waiting = new();

    /// <summary>How long the caller has to wait, or null.</summary>
    public TimeSpan? Wait(HttpContext http)
    {
        if (_waiting.IsEmpty || Callers.CredentialOf(http) is null || !_waiting.TryGetValue(Callers.AddressOf(http), out var until))
        {
            return null;
        }
        var left = until - time.GetUtcNow();
        if (left > TimeSpan.Zero)
        {
            return left;
        }
        _waiting.TryRemove(Callers.AddressOf(http), out _);
        return null;
    }

    /// <summary>The caller showed a key or token that is none.</summary>
    public async ValueTask CountAsync(HttpContext http)
    {
        var rate = options.Value.FailedKeysPerAddress;
        if (!rate.IsOn || Callers.CredentialOf(http) is null)
        {
            return;
        }
        var address = Callers.AddressOf(http);
        if ((await limits.TakeAsync(new RateLimit($"http:failed:{address}", rate.PerMinute, rate.Burst), 1, CancellationToken.None)).Taken == 0)
        {
            if (_waiting.Count >= MaxRemembered)
            {
                _waiting.Clear();
            }
            _waiting[address] = time.GetUtcNow() + SharedRateLimiter.RetryAfter(rate.PerMinute);
        }
    }
}
