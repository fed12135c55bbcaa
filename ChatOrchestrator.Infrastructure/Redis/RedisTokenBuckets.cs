using ChatOrchestrator.Infrastructure.InProcess;
using ChatOrchestrator.Infrastructure.Pacing;
using StackExchange.Redis;

namespace ChatOrchestrator.Infrastructure.Redis;

/// <summary>Buckets that all replicas share, by Redis's clock. While Redis is away each process paces for itself.</summary>
internal sealed class RedisTokenBuckets(IConnectionMultiplexer redis, TimeProvider time) : ITokenBuckets
{
    // Per bucket the time at which it will be full, in microseconds (GCRA). ARGV: interval and burst of each, longest wait.
    private const string Take = """
        local t = redis.call('TIME')
        local now = t[1] * 1000000 + t[2]
        local wait = 0
        local full = {}
        for i = 1, 2 do
            full[i] = tonumber(redis.call('GET', KEYS[i]) or '0')
            wait = math.max(wait, full[i] - tonumber(ARGV[2 * i]) - now)
        end
        if wait <= tonumber(ARGV[5]) then
            for i = 1, 2 do
                local interval = tonumber(ARGV[2 * i - 1])
                if interval > 0 then
                    local value = math.max(full[i], now) + interval
                    redis.call('SET', KEYS[i], string.format('%.0f', value), 'PX', math.ceil((value - now) / 1000) + 1000)
                end
            end
        end
        return string.format('%.0f', wait)
        """;

    private const string Close = """
        local t = redis.call('TIME')
        local now = t[1] * 1000000 + t[2]
        local value = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now + tonumber(ARGV[1]))
        redis.call('SET', KEYS[1], string.format('%.0f', value), 'PX', math.ceil((value - now) / 1000) + 1000)
        """;

    private readonly InProcessTokenBuckets _alone = new(time);

    public async ValueTask<TimeSpan> TakeAsync(Bucket first, Bucket second, TimeSpan longest)
    {
        try
        {
            var wait = await redis.GetDatabase().ScriptEvaluateAsync(
                Take,
                [first.Key, second.Key],
                [first.IntervalMicroseconds, first.BurstMicroseconds, second.IntervalMicroseconds, second.BurstMicroseconds, (long)longest.TotalMicroseconds]);
            return TimeSpan.FromMicroseconds(Math.Max(0, (long)wait));
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            return await _alone.TakeAsync(first, second, longest);
        }
    }

    public async ValueTask CloseAsync(string key, TimeSpan duration)
    {
        try
        {
            await redis.GetDatabase().ScriptEvaluateAsync(Close, [key], [(long)duration.TotalMicroseconds]);
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            await _alone.CloseAsync(key, duration);
        }
    }
}
