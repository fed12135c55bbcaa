using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.InProcess;
using ChatOrchestrator.Infrastructure.Redis;
using ChatOrchestrator.Tests.Fixtures;
using Microsoft.Extensions.Time.Testing;
using StackExchange.Redis;

namespace ChatOrchestrator.Tests.Turns;

/// <summary>The same promises in one process and on Redis, where all replicas count together.</summary>
public sealed class RateLimitTests(RedisDatabase redis) : IClassFixture<RedisDatabase>
{
    [Fact]
    public Task In_process_a_limit_gives_its_burst_and_refuses_the_rest() => GivesItsBurstAsync(new InProcessRateLimits(new FakeTimeProvider()));

    [RedisFact]
    public async Task On_redis_a_limit_gives_its_burst_and_refuses_the_rest()
    {
        await using var multiplexer = await ConnectionMultiplexer.ConnectAsync(redis.Configuration);
        await GivesItsBurstAsync(new RedisRateLimits(multiplexer, TimeProvider.System));
    }

    [Fact]
    public async Task Time_gives_tokens_back_and_a_new_minute_another_notice()
    {
        var time = new FakeTimeProvider();
        var limits = new InProcessRateLimits(time);
        var limit = new RateLimit("p", 6, 2);
        (await limits.TakeAsync(limit, 2, default)).Taken.ShouldBe(2);
        (await limits.TakeAsync(limit, 1, default)).ShouldBe(new RateTaken(0, true));

        time.Advance(TimeSpan.FromSeconds(10));
        (await limits.TakeAsync(limit, 2, default)).Taken.ShouldBe(1);
        (await limits.TakeAsync(limit, 1, default)).ShouldBe(new RateTaken(0, false));

        time.Advance(TimeSpan.FromMinutes(2));
        (await limits.TakeAsync(limit, 5, default)).Taken.ShouldBe(2, "no more than it holds");
        (await limits.TakeAsync(limit, 1, default)).ShouldBe(new RateTaken(0, true));
    }

    [Fact]
    public async Task A_strict_limit_refuses_until_nobody_has_asked_for_a_minute()
    {
        var time = new FakeTimeProvider();
        var limits = new InProcessRateLimits(time);
        var limit = new RateLimit("l", 60, 1, Strict: true);
        (await limits.TakeAsync(limit, 1, default)).Taken.ShouldBe(1);
        (await limits.TakeAsync(limit, 1, default)).ShouldBe(new RateTaken(0, true));
        for (var i = 0; i < 5; i++)
        {
            time.Advance(TimeSpan.FromSeconds(50));
            (await limits.TakeAsync(limit, 1, default)).ShouldBe(default);
        }
        time.Advance(TimeSpan.FromSeconds(61));
        (await limits.TakeAsync(limit, 1, default)).Taken.ShouldBe(1);
    }

    [RedisFact]
    public async Task Many_replicas_that_ask_at_once_are_given_exactly_the_burst_and_one_notice()
    {
        await using var one = await ConnectionMultiplexer.ConnectAsync(redis.Configuration);
        await using var two = await ConnectionMultiplexer.ConnectAsync(redis.Configuration);
        IRateLimits[] replicas = [new RedisRateLimits(one, TimeProvider.System), new RedisRateLimits(two, TimeProvider.System)];
        // One token a minute comes back: none within this test.
        var limit = new RateLimit(Guid.NewGuid().ToString(), 1, 25);

        var taken = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(async () => await replicas[i % 2].TakeAsync(limit, 1, default))));

        taken.Sum(t => t.Taken).ShouldBe(25);
        taken.Count(t => t.FirstRefusal).ShouldBe(1);
    }

    [Fact]
    public async Task In_process_no_more_is_remembered_than_has_room()
    {
        var time = new FakeTimeProvider();
        var limits = new InProcessRateLimits(time);
        var limit = new RateLimit("first", 1, 1);
        (await limits.TakeAsync(limit, 1, default)).Taken.ShouldBe(1);
        for (var i = 0; i < InProcessRateLimits.MaxBuckets; i++)
        {
            await limits.TakeAsync(limit with { Key = i.ToString(System.Globalization.CultureInfo.InvariantCulture) }, 1, default);
        }
        (await limits.TakeAsync(limit, 1, default)).Taken.ShouldBe(1, "it was forgotten to make room");
    }

    private static async Task GivesItsBurstAsync(IRateLimits limits)
    {
        // One token a minute comes back: none within this test.
        var limit = new RateLimit(Guid.NewGuid().ToString(), 1, 5);
        (await limits.TakeAsync(limit, 3, default)).ShouldBe(new RateTaken(3, false));
        (await limits.TakeAsync(limit, 3, default)).ShouldBe(new RateTaken(2, false));
        (await limits.TakeAsync(limit, 3, default)).ShouldBe(new RateTaken(0, true));
        (await limits.TakeAsync(limit, 1, default)).ShouldBe(new RateTaken(0, false));
        (await limits.TakeAsync(limit with { Key = limit.Key + "other" }, 1, default)).Taken.ShouldBe(1);
        var strict = limit with { Key = limit.Key + "strict", Burst = 1, Strict = true };
        (await limits.TakeAsync(strict, 1, default)).Taken.ShouldBe(1);
        (await limits.TakeAsync(strict, 1, default)).ShouldBe(new RateTaken(0, true));
        (await limits.TakeAsync(strict, 1, default)).ShouldBe(new RateTaken(0, false));
    }
}
