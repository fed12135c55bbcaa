using StackExchange.Redis;

namespace ChatOrchestrator.Tests.Fixtures;

public sealed class RedisServerTests(RedisDatabase database) : IClassFixture<RedisDatabase>
{
    [RedisFact]
    public async Task A_test_class_has_an_empty_database_of_its_own()
    {
        await using var mine = await ConnectionMultiplexer.ConnectAsync(database.Configuration);
        await using var another = await (await RedisServer.SharedAsync()).RentDatabaseAsync();
        await using var theirs = await ConnectionMultiplexer.ConnectAsync(another.Configuration);

        await mine.GetDatabase().StringSetAsync("key", "mine");

        ((string?)await mine.GetDatabase().StringGetAsync("key")).ShouldBe("mine");
        (await theirs.GetDatabase().KeyExistsAsync("key")).ShouldBeFalse();
    }

    [RedisFact]
    public async Task Messages_published_by_one_class_are_not_heard_by_another()
    {
        await using var mine = await ConnectionMultiplexer.ConnectAsync(database.Configuration);
        await using var another = await (await RedisServer.SharedAsync()).RentDatabaseAsync();
        await using var theirs = await ConnectionMultiplexer.ConnectAsync(another.Configuration);
        await mine.GetSubscriber().SubscribeAsync(RedisChannel.Literal("bell"), (_, _) => { });

        (await theirs.GetSubscriber().PublishAsync(RedisChannel.Literal("bell"), "ding")).ShouldBe(0);
        (await mine.GetSubscriber().PublishAsync(RedisChannel.Literal("bell"), "ding")).ShouldBe(1);
    }

    [RedisFact(OwnServer = true)]
    public async Task A_private_server_comes_back_empty_on_its_port()
    {
        await using var server = await RedisServer.StartPrivateAsync();
        await using (var before = await ConnectionMultiplexer.ConnectAsync(server.Configuration))
        {
            await before.GetDatabase().StringSetAsync("key", "value");
        }

        await server.StopAsync();
        await Should.ThrowAsync<RedisConnectionException>(() => ConnectionMultiplexer.ConnectAsync($"{server.Configuration},connectRetry=0,connectTimeout=1000"));
        await server.StartAsync();

        await using var after = await ConnectionMultiplexer.ConnectAsync(server.Configuration);
        (await after.GetDatabase().KeyExistsAsync("key")).ShouldBeFalse();
    }

    [RedisFact(OwnServer = true)]
    public async Task A_frozen_server_answers_nothing_until_it_is_thawed()
    {
        await using var server = await RedisServer.StartPrivateAsync();
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{server.Configuration},syncTimeout=30000,asyncTimeout=30000");
        await connection.GetDatabase().PingAsync();

        await server.FreezeAsync();
        var ping = connection.GetDatabase().PingAsync();
        await Should.ThrowAsync<TimeoutException>(() => ping.WaitAsync(TimeSpan.FromMilliseconds(200)));
        await server.ThawAsync();

        await ping;
    }
}
