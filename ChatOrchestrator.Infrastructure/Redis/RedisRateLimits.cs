using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.InProcess;
using StackExchange.Redis;

namespace ChatOrchestrator.Infrastructure.Redis;

/// <summary>Limits that all replicas share, by Redis's clock. While Redis is away each process counts for itself.</summary>
internal sealed class RedisRateLimits(IConnectionMultiplexer redis, TimeProvider time) : IRateLimits
{
    // KEYS: the time at which the bucket is full again, in microseconds (GCRA); that it refused. ARGV: interval, burst, count, strict.
    private const string Take = """
        local t = redis.call('TIME')
        local now = t[1] * 1000000 + t[2]
        if ARGV[4] == '1' and redis.call('EXISTS', KEYS[2]) == 1 then
            redis.call('PEXPIRE', KEYS[2], 60000)
            return {0, 0}
        end
        local interval = tonumber(ARGV[1])
        local full = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
        local room = math.floor((now + tonumber(ARGV[2]) * interval - full) / interval)
        local taken = math.max(0, math.min(tonumber(ARGV[3]), room))
        if taken > 0 then
            full = full + taken * interval
            redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000) + 1000)
            return {taken, 0}
        end
        return {0, redis.call('SET', KEYS[2], '1', 'PX', 60000, 'NX') and 1 or 0}
        """;

    private readonly InProcessRateLimits _alone = new(time);

    public async ValueTask<RateTaken> TakeAsync(RateLimit limit, int count, CancellationToken cancellationToken)
    {
        try
        {
            var key = $"rate:{{{limit.Key}}}";
            var answer = (long[])(await redis.GetDatabase().ScriptEvaluateAsync(
                Take, [key, key + ":refused"], [60_000_000L / limit.PerMinute, limit.Burst, count, limit.Strict ? 1 : 0]))!;
            return new RateTaken((int)answer[0], answer[1] == 1);
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            return await _alone.TakeAsync(limit, count, cancellationToken);
        }
    }
}
