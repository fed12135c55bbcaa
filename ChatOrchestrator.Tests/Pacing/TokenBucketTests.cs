using ChatOrchestrator.Infrastructure.InProcess;
using ChatOrchestrator.Infrastructure.Pacing;
using ChatOrchestrator.Infrastructure.Redis;
using ChatOrchestrator.Tests.Fixtures;
using Microsoft.Extensions.Time.Testing;
using StackExchange.Redis;

namespace ChatOrchestrator.Tests.Pacing;

/// <summary>The same promises in one process and on Redis, where all replicas share the buckets.</summary>
public sealed class TokenBucketTests(RedisDatabase redis) : IClassFixture<RedisDatabase>
{
    /// <summary>So slow that a test that is held up for seconds sees the same.</summary>
    private const double Slow = 0.01;

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1 / Slow);
    private static readonly Bucket Unlimited = new("pace:{c}", 0);

    [Fact]
    public async Task In_process_a_bucket_gives_its_rate() => await GivesItsRateAsync(new InProcessTokenBuckets(new FakeTimeProvider()));

    [RedisFact]
    public async Task On_redis_a_bucket_gives_its_rate()
    {
        await using var multiplexer = await ConnectionMultiplexer.ConnectAsync(redis.Configuration);
        await GivesItsRateAsync(new RedisTokenBuckets(multiplexer, TimeProvider.System));
    }

    [Fact]
    public async Task In_process_a_closed_bucket_gives_nothing() => await ClosesAsync(new InProcessTokenBuckets(new FakeTimeProvider()));

    [RedisFact]
    public async Task On_redis_a_closed_bucket_gives_nothing()
    {
        await using var multiplexer = await ConnectionMultiplexer.ConnectAsync(redis.Configuration);
        await ClosesAsync(new RedisTokenBuckets(multiplexer, TimeProvider.System));
    }

    [RedisFact]
    public async Task Two_replicas_share_a_bucket()
    {
        await using var one = await ConnectionMultiplexer.ConnectAsync(redis.Configuration);
        await using var two = await ConnectionMultiplexer.ConnectAsync(redis.Configuration);
        var bucket = new Bucket("pace:{shared}:1", Slow);
        (await new RedisTokenBuckets(one, TimeProvider.System).TakeAsync(bucket, Unlimited, Longest)).ShouldBe(TimeSpan.Zero);
        (await new RedisTokenBuckets(two, TimeProvider.System).TakeAsync(bucket, Unlimited, Longest)).ShouldBeGreaterThan(Longest / 2);
    }

    [Fact]
    public async Task Time_fills_a_bucket_again()
    {
        var time = new FakeTimeProvider();
        var buckets = new InProcessTokenBuckets(time);
        var bucket = new Bucket("pace:{c}:1", 1);
        (await buckets.TakeAsync(bucket, Unlimited, Longest)).ShouldBe(TimeSpan.Zero);
        time.Advance(TimeSpan.FromSeconds(1));
        (await buckets.TakeAsync(bucket, Unlimited, Longest)).ShouldBe(TimeSpan.Zero);
    }

    private static async Task GivesItsRateAsync(ITokenBuckets buckets)
    {
        // One in a while holds one token; the second part waits about a while and takes its place; the third would wait two and takes none.
        var chat = new Bucket($"pace:{{rate}}:{Guid.NewGuid()}", Slow);
        (await buckets.TakeAsync(chat, Unlimited, Longest)).ShouldBe(TimeSpan.Zero);
        (await buckets.TakeAsync(chat, Unlimited, Longest)).ShouldBeInRange(0.5 * Longest, Longest);
        (await buckets.TakeAsync(chat, Unlimited, Longest)).ShouldBeInRange(1.2 * Longest, 2 * Longest);
        (await buckets.TakeAsync(chat, Unlimited, Longest)).ShouldBeLessThanOrEqualTo(2 * Longest, "what was refused has taken nothing");
        // Thirty a second lets a burst of thirty through.
        var connection = new Bucket($"pace:{{rate}}{Guid.NewGuid()}", 30);
        for (var i = 0; i < 30; i++)
        {
            (await buckets.TakeAsync(Unlimited, connection, Longest)).ShouldBe(TimeSpan.Zero);
        }
    }

    private static async Task ClosesAsync(ITokenBuckets buckets)
    {
        var key = $"pace:{{close}}:{Guid.NewGuid()}";
        await buckets.CloseAsync(key, TimeSpan.FromMinutes(10));
        (await buckets.TakeAsync(new Bucket(key, 1), Unlimited, Longest)).ShouldBeInRange(TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10));
    }
}
