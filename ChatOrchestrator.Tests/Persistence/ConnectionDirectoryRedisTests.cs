using ChatOrchestrator.Application;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Infrastructure;
using ChatOrchestrator.Infrastructure.Persistence;
using ChatOrchestrator.Tests.Fixtures;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using NSubstitute;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>What processes share through Redis is never older than a change that everybody was told of.</summary>
public sealed class ConnectionDirectoryRedisTests(RedisDatabase redis) : IClassFixture<RedisDatabase>, IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("chat-directory-");

    public void Dispose() => _folder.Delete(recursive: true);

    [RedisFact]
    public async Task What_was_read_before_a_change_and_is_written_to_redis_behind_it_does_not_stay_there()
    {
        var (reads, written) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var slow = Process(cache => new SlowCache(cache, reads, written.Task));
        await using var other = Process(cache => cache);
        await slow.GetRequiredService<PrepareStore>().HandleAsync(migrate: true, default);
        var bot = new Bot("Bot", new AiSettings(), new ProcessingSettings(), TimeProvider.System.GetUtcNow());
        await other.GetRequiredService<IBotStore>().AddAsync(bot, null, default);
        var secrets = other.GetRequiredService<IConnectionSecrets>().Protect(new Dictionary<string, string>());
        var connection = new PlatformConnection(bot.Id, PlatformName.From("telegram"), "Before", "{}", secrets, TimeProvider.System.GetUtcNow());
        await other.GetRequiredService<IConnectionStore>().AddAsync(connection, null, default);

        var reading = FindAsync(slow, connection);
        await reads.Task.WaitAsync(Deadline);
        await other.GetRequiredService<IConnectionStore>().ChangeAsync(connection.Id, c => c.Change("Renamed", c.Settings, c.ProtectedSecrets, TimeProvider.System.GetUtcNow()), default);
        await other.GetRequiredService<IConnectionDirectory>().ChangedAsync(connection.Id, default);
        written.SetResult();
        await reading.WaitAsync(Deadline);
        var cache = slow.GetRequiredService<IDistributedCache>();
        await ((SlowCache)cache).Written.WaitAsync(Deadline);

        (await FindAsync(slow, connection))!.DisplayName.ShouldBe("Renamed");
        // It knows nothing yet: what it finds is what lies in Redis.
        await using var fresh = Process(c => c);
        (await FindAsync(fresh, connection))!.DisplayName.ShouldBe("Renamed");
    }

    private static Task<ConnectionSnapshot?> FindAsync(ServiceProvider process, PlatformConnection connection) =>
        process.GetRequiredService<IConnectionDirectory>().FindAsync(connection.Id, default).AsTask();

    private ServiceProvider Process(Func<IDistributedCache, IDistributedCache> decorate)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Storage:Path"] = Path.Combine(_folder.FullName, "chat.db"),
            ["ConnectionStrings:redis"] = redis.Configuration,
        }).Build();
        var services = new ServiceCollection()
            .AddSingleton<IConfiguration>(configuration)
            .AddSingleton(Substitute.For<IHostEnvironment>())
            .AddLogging()
            .AddPersistence(configuration)
            .AddSignals(configuration)
            .AddIngress()
            .AddSingleton(TimeProvider.System);
        var cache = services.Last(s => s.ServiceType == typeof(IDistributedCache));
        services.Remove(cache);
        services.AddSingleton(provider => decorate((IDistributedCache)ActivatorUtilities.CreateInstance(provider, cache.ImplementationType!)));
        return services.BuildServiceProvider();
    }

    /// <summary>Writes to Redis when it is told to.</summary>
    private sealed class SlowCache(IDistributedCache inner, TaskCompletionSource begun, Task goOn) : IDistributedCache
    {
        private readonly TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>The first write is done.</summary>
        public Task Written => _written.Task;

        public byte[]? Get(string key) => inner.Get(key);

        public Task<byte[]?> GetAsync(string key, CancellationToken token = default) => inner.GetAsync(key, token);

        public void Refresh(string key) => inner.Refresh(key);

        public Task RefreshAsync(string key, CancellationToken token = default) => inner.RefreshAsync(key, token);

        public void Remove(string key) => inner.Remove(key);

        public Task RemoveAsync(string key, CancellationToken token = default) => inner.RemoveAsync(key, token);

        public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => inner.Set(key, value, options);

        public async Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
        {
            begun.TrySetResult();
            await goOn;
            await inner.SetAsync(key, value, options, token);
            _written.TrySetResult();
        }
    }
}
