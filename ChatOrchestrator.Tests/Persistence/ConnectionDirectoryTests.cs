using System.Collections.Concurrent;
using System.Text;
using ChatOrchestrator.Application;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Infrastructure;
using ChatOrchestrator.Infrastructure.Persistence;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;

namespace ChatOrchestrator.Tests.Persistence;

public sealed class ConnectionDirectoryTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("chat-directory-");
    private readonly SharedCache _shared = new();
    private readonly Wire _wire = new();
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private ServiceProvider _here = null!;
    private ServiceProvider _there = null!;
    private PlatformConnection _connection = null!;

    public async Task InitializeAsync()
    {
        _here = Process();
        _there = Process();
        await _here.GetRequiredService<PrepareStore>().HandleAsync(migrate: true, CancellationToken.None);
        var processing = new ProcessingSettings { RedactPii = [PersonalDataKinds.Email] };
        var bot = new Bot("Bot", new AiSettings(), processing, TimeProvider.System.GetUtcNow());
        await _here.GetRequiredService<IBotStore>().AddAsync(bot, null, CancellationToken.None);
        var secrets = _here.GetRequiredService<IConnectionSecrets>().Protect(new Dictionary<string, string> { ["botToken"] = "the-secret-token" });
        _connection = new PlatformConnection(bot.Id, PlatformName.From("telegram"), "Test", "{}", secrets, TimeProvider.System.GetUtcNow());
        await _here.GetRequiredService<IConnectionStore>().AddAsync(_connection, null, CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _there.DisposeAsync();
        await _here.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task The_same_snapshot_is_found_until_something_changes()
    {
        var first = await FindAsync(_here);

        first!.Secret("botToken").ShouldBe("the-secret-token");
        (await FindAsync(_here)).ShouldBeSameAs(first);
    }

    [Fact]
    public async Task It_stays_the_same_when_it_is_read_again_and_nothing_has_changed()
    {
        var first = await FindAsync(_here);

        _time.Advance(TimeSpan.FromMinutes(1));
        await _here.GetRequiredService<HybridCache>().RemoveAsync($"connection:{_connection.Id}");
        _shared.Entries.ShouldBeEmpty("what is found next comes from the store");

        (await FindAsync(_here)).ShouldBeSameAs(first);
        _shared.Entries.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_change_of_which_no_signal_came_is_seen_when_it_is_read_again()
    {
        var first = await FindAsync(_here);
        await _here.GetRequiredService<IConnectionStore>().ChangeAsync(
            _connection.Id, c => c.Change(c.DisplayName, """{"a":1}""", c.ProtectedSecrets, TimeProvider.System.GetUtcNow()), CancellationToken.None);

        _time.Advance(TimeSpan.FromMinutes(1));
        await _here.GetRequiredService<HybridCache>().RemoveAsync($"connection:{_connection.Id}");

        var next = await FindAsync(_here);
        next.ShouldNotBeSameAs(first);
        next!.Settings.GetProperty("a").GetInt32().ShouldBe(1);
    }

    [Fact]
    public async Task A_change_is_seen_in_every_process()
    {
        var before = await FindAsync(_there);
        await _here.GetRequiredService<IConnectionStore>().ChangeAsync(
            _connection.Id, c => c.Change("Renamed", c.Settings, c.ProtectedSecrets, TimeProvider.System.GetUtcNow()), CancellationToken.None);

        await _here.GetRequiredService<IConnectionDirectory>().ChangedAsync(_connection.Id, CancellationToken.None);

        (await FindAsync(_here))!.DisplayName.ShouldBe("Renamed");
        var after = await FindAsync(_there);
        after.ShouldNotBeSameAs(before);
        after!.DisplayName.ShouldBe("Renamed");
    }

    [Fact]
    public async Task The_shared_cache_holds_no_secret_in_the_clear()
    {
        await FindAsync(_here);

        _shared.Entries.Count.ShouldBeGreaterThan(0);
        _shared.Entries.Values.ShouldAllBe(bytes => !Encoding.UTF8.GetString(bytes).Contains("the-secret-token"));
    }

    [Fact]
    public async Task An_unknown_connection_is_not_remembered()
    {
        (await _here.GetRequiredService<IConnectionDirectory>().FindAsync(ConnectionId.New(), CancellationToken.None)).ShouldBeNull();

        _shared.Entries.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_unknown_connection_costs_one_look_up_in_a_few_seconds_until_it_is_made_somewhere()
    {
        var (silent, told) = (Another(), Another());
        foreach (var (process, connection) in new[] { (_here, silent), (_here, told), (_there, told) })
        {
            (await FindAsync(process, connection)).ShouldBeNull();
        }
        await _here.GetRequiredService<IConnectionStore>().AddAsync(silent, null, CancellationToken.None);
        await _here.GetRequiredService<IConnectionStore>().AddAsync(told, null, CancellationToken.None);
        await _here.GetRequiredService<IConnectionDirectory>().ChangedAsync(told.Id, CancellationToken.None);

        (await FindAsync(_here, silent)).ShouldBeNull("the store was not asked again");
        (await FindAsync(_here, told)).ShouldNotBeNull();
        (await FindAsync(_there, told)).ShouldNotBeNull();
        _time.Advance(TimeSpan.FromSeconds(10));
        (await FindAsync(_here, silent)).ShouldNotBeNull();

        PlatformConnection Another() => new(_connection.BotId, PlatformName.From("telegram"), "Another", "{}", _connection.ProtectedSecrets, TimeProvider.System.GetUtcNow());
    }

    [Fact]
    public async Task A_disabled_connection_says_why_everywhere()
    {
        var refused = (await FindAsync(_there))!;

        await _here.GetRequiredService<IConnectionDirectory>().DisableAsync(refused, "token_revoked", CancellationToken.None);

        (await FindAsync(_there))!.DisabledReason.ShouldBe("token_revoked");
    }

    [Fact]
    public async Task A_refusal_of_what_was_mended_meanwhile_disables_nothing()
    {
        var refused = (await FindAsync(_there))!;
        await _here.GetRequiredService<IConnectionStore>().ChangeAsync(
            _connection.Id, c => c.Change("Mended", c.Settings, c.ProtectedSecrets, TimeProvider.System.GetUtcNow()), CancellationToken.None);

        await _there.GetRequiredService<IConnectionDirectory>().DisableAsync(refused, "token_revoked", CancellationToken.None);

        var now = (await FindAsync(_there))!;
        (now.DisplayName, now.DisabledReason).ShouldBe(("Mended", null));
    }

    [Fact]
    public async Task Who_reads_slowly_while_it_is_changed_does_not_keep_what_was_before()
    {
        await FindAsync(_there);
        var (reading, changed) = (new TaskCompletionSource(), new TaskCompletionSource());
        _shared.BeforeAnswering = async () =>
        {
            _shared.BeforeAnswering = null;
            reading.SetResult();
            await changed.Task;
        };
        var slow = FindAsync(_here).AsTask();
        await reading.Task.WaitAsync(TimeSpan.FromSeconds(60));

        await _here.GetRequiredService<IConnectionStore>().ChangeAsync(
            _connection.Id, c => c.Change("Renamed", c.Settings, c.ProtectedSecrets, TimeProvider.System.GetUtcNow()), CancellationToken.None);
        await _there.GetRequiredService<IConnectionDirectory>().ChangedAsync(_connection.Id, CancellationToken.None);
        changed.SetResult();
        await slow;

        (await FindAsync(_here))!.DisplayName.ShouldBe("Renamed");
        (await FindAsync(_there))!.DisplayName.ShouldBe("Renamed");
    }

    [Fact]
    public async Task What_another_build_has_left_in_the_shared_cache_in_another_form_is_read_from_the_store()
    {
        await FindAsync(_here);
        foreach (var (key, bytes) in _shared.Entries)
        {
            var name = bytes.AsSpan().IndexOf("BotName"u8);
            name.ShouldBeGreaterThan(0);
            bytes[name]++;
            _shared.Entries[key] = bytes;
        }

        (await FindAsync(_there)).ShouldNotBeNull().Bot.Name.ShouldBe("Bot");
    }

    private ValueTask<ConnectionSnapshot?> FindAsync(ServiceProvider process, PlatformConnection? connection = null) =>
        process.GetRequiredService<IConnectionDirectory>().FindAsync((connection ?? _connection).Id, CancellationToken.None);

    private ServiceProvider Process()
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["Storage:Path"] = Path.Combine(_folder.FullName, "chat.db") }).Build();
        return new ServiceCollection()
            .AddSingleton<IConfiguration>(configuration)
            .AddSingleton(Substitute.For<IHostEnvironment>())
            .AddLogging()
            .AddPersistence(configuration)
            .AddSignals(configuration)
            .AddIngress()
            .AddSingleton<IDistributedCache>(_shared)
            .AddSingleton<ISignals>(_wire)
            .AddSingleton<TimeProvider>(_time)
            .BuildServiceProvider();
    }

    /// <summary>Signals that arrive before <see cref="Publish"/> returns.</summary>
    private sealed class Wire : ISignals
    {
        private readonly ConcurrentBag<(string Channel, Action<string> Receive)> _receivers = [];

        public void Publish(string channel, string payload)
        {
            foreach (var (_, receive) in _receivers.Where(r => r.Channel == channel))
            {
                receive(payload);
            }
        }

        public Task<IAsyncDisposable> SubscribeAsync(string channel, Action<string> receive, CancellationToken cancellationToken)
        {
            _receivers.Add((channel, receive));
            return Task.FromResult<IAsyncDisposable>(new Nothing());
        }

        private sealed class Nothing : IAsyncDisposable
        {
            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }

    private sealed class SharedCache : IDistributedCache
    {
        public ConcurrentDictionary<string, byte[]> Entries { get; } = new();

        public byte[]? Get(string key) => Entries.GetValueOrDefault(key);

        /// <summary>What happens between finding a value and handing it out.</summary>
        public Func<Task>? BeforeAnswering { get; set; }

        public async Task<byte[]?> GetAsync(string key, CancellationToken token = default)
        {
            var found = Get(key);
            // What is not found is asked for by the cache itself.
            if (found is not null && BeforeAnswering is { } before)
            {
                await before();
            }
            return found;
        }

        public void Refresh(string key)
        {
        }

        public Task RefreshAsync(string key, CancellationToken token = default) => Task.CompletedTask;

        public void Remove(string key) => Entries.TryRemove(key, out _);

        public Task RemoveAsync(string key, CancellationToken token = default)
        {
            Remove(key);
            return Task.CompletedTask;
        }

        public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => Entries[key] = value;

        public Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
        {
            Set(key, value, options);
            return Task.CompletedTask;
        }
    }
}
