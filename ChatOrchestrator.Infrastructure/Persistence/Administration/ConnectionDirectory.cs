using System.Collections.Concurrent;
using System.ComponentModel;
using System.Data.Common;
using System.Security.Cryptography;
using System.Text.Json;
using ChatOrchestrator.Application;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Infrastructure.Persistence.Administration;

/// <summary>
/// Three steps: snapshots in this process (the hot path, one dictionary look-up), HybridCache behind them (shared through
/// Redis, with the secrets still encrypted), the store. A change empties all of them through the signal; should the signal
/// be lost, the short lives of the entries heal it. What was read before a change and is written to Redis behind it is found
/// there by whoever wrote it: the row is looked at once more.
/// </summary>
internal sealed partial class ConnectionDirectory : IConnectionDirectory, IAsyncDisposable
{
    /// <summary>The signal that a connection or its bot was changed; the payload is the connection's id.</summary>
    internal const string Channel = "connections";

    private const string Connections = $"SELECT {StoredConnection.Columns} FROM connections c JOIN bots b ON b.id = c.bot_id";

    // $1 platform.
    private const string OfPlatform = $"{Connections} WHERE c.platform = $1 ORDER BY c.id";

    // $1 id.
    private const string ById = $"{Connections} WHERE c.id = $1";

    private static readonly TimeSpan SnapshotLife = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan WhileStoreIsDown = TimeSpan.FromSeconds(5);

    private static readonly HybridCacheEntryOptions CacheLife = new()
    {
        Expiration = TimeSpan.FromMinutes(1),
        // The snapshots are what is kept in this process.
        Flags = HybridCacheEntryFlags.DisableLocalCache,
    };

    /// <summary>Who reads from the store writes by itself, and knows when it is written: the cache would answer first and write later.</summary>
    private static readonly HybridCacheEntryOptions ReadOnly = new()
    {
        Expiration = CacheLife.Expiration,
        Flags = HybridCacheEntryFlags.DisableLocalCache | HybridCacheEntryFlags.DisableDistributedCacheWrite,
    };

    /// <summary>Anybody can make ids up: asking for the same one again costs nothing, and what is kept of them stays small.</summary>
    private static readonly TimeSpan UnknownLife = TimeSpan.FromSeconds(5);

    private const int MaxUnknown = 10_000;

    private readonly ConcurrentDictionary<ConnectionId, Entry> _entries = new();

    /// <summary>Ids that do not exist, and until when that is believed.</summary>
    private readonly ConcurrentDictionary<ConnectionId, long> _unknown = new();

    /// <summary>How many changes were heard of: what was read while one was made may be what was before it, and must not be kept.</summary>
    private long _changes;
    private readonly ChatDatabase _database;
    private readonly HybridCache _cache;
    private readonly IConnectionStore _connections;
    private readonly IConnectionSecrets _protection;
    private readonly ISignals _signals;
    private readonly TimeProvider _time;
    private readonly ILogger<ConnectionDirectory> _logger;
    private readonly Task<IAsyncDisposable> _subscription;

    public ConnectionDirectory(
        ChatDatabase database,
        HybridCache cache,
        IConnectionStore connections,
        IConnectionSecrets protection,
        ISignals signals,
        TimeProvider time,
        ILogger<ConnectionDirectory> logger)
    {
        _database = database;
        _cache = cache;
        _connections = connections;
        _protection = protection;
        _signals = signals;
        _time = time;
        _logger = logger;
        _subscription = signals.SubscribeAsync(Channel, OnChanged, CancellationToken.None);
    }

    public ValueTask<ConnectionSnapshot?> FindAsync(ConnectionId id, CancellationToken cancellationToken) =>
        _entries.TryGetValue(id, out var entry) && _time.GetTimestamp() < entry.FreshUntil
            ? new ValueTask<ConnectionSnapshot?>(entry.Snapshot)
            : _unknown.TryGetValue(id, out var until) && _time.GetTimestamp() < until
                ? new ValueTask<ConnectionSnapshot?>((ConnectionSnapshot?)null)
                : new ValueTask<ConnectionSnapshot?>(LoadAsync(id, cancellationToken));

    public async ValueTask ChangedAsync(ConnectionId id, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _changes);
        _unknown.TryRemove(id, out _);
        _entries.TryRemove(id, out _);
        await ForgetAsync(id);
        _signals.Publish(Channel, id.ToString());
    }

    public async Task DisableAsync(ConnectionSnapshot refused, string reason, CancellationToken cancellationToken)
    {
        await _connections.ChangeAsync(
            refused.Id,
            c =>
            {
                if (c.Version == refused.Version)
                {
                    c.Disable(reason.Shortened(200), _time.GetUtcNow());
                }
                return null;
            },
            cancellationToken);
        await ChangedAsync(refused.Id, cancellationToken);
    }

    public async Task<IReadOnlyList<ConnectionSnapshot>> ListAsync(PlatformName platform, CancellationToken cancellationToken)
    {
        var found = await _database.ListAsync(OfPlatform, StoredConnection.Read, cancellationToken, platform.Value);
        return [.. found.Select(stored => stored.ToSnapshot(_protection.Unprotect(stored.ProtectedSecrets)))];
    }

    public async ValueTask DisposeAsync() => await (await _subscription).DisposeAsync();

    private static string Key(ConnectionId id) => $"connection:{id}";

    private async Task<ConnectionSnapshot?> LoadAsync(ConnectionId id, CancellationToken cancellationToken)
    {
        _entries.TryGetValue(id, out var before);
        var changes = Interlocked.Read(ref _changes);
        StoredConnection stored;
        try
        {
            stored = await FetchAsync(id, cancellationToken);
        }
        catch (UnknownConnectionException)
        {
            _entries.TryRemove(id, out _);
            RememberUnknown(id, changes);
            return null;
        }
        catch (StoreUnavailableException) when (before is not null)
        {
            // What was right a moment ago serves until the store is back; nothing can be stored meanwhile anyway.
            before.FreshUntil = Until(WhileStoreIsDown);
            return before.Snapshot;
        }
        // Adapters keep clients by the snapshot's identity: as long as nothing changed, it stays the same one.
        var entry = _entries.AddOrUpdate(
            id,
            static (_, args) => args.Directory.NewEntry(args.Stored),
            static (_, known, args) => known.Fingerprint.AsSpan().SequenceEqual(args.Stored.Fingerprint()) ? known : args.Directory.NewEntry(args.Stored),
            (Directory: this, Stored: stored));
        entry.FreshUntil = Until(SnapshotLife);
        if (Interlocked.Read(ref _changes) != changes)
        {
            // It serves this caller, who asked before the change was known; the next one reads anew.
            entry.FreshUntil = 0;
            await ForgetAsync(id, entry);
        }
        return entry.Snapshot;
    }

    /// <param name="changes">How many changes were known when it was looked for: it may be one of those since that has made it.</param>
    private void RememberUnknown(ConnectionId id, long changes)
    {
        if (_unknown.Count >= MaxUnknown)
        {
            _unknown.Clear();
        }
        _unknown[id] = Until(UnknownLife);
        if (Interlocked.Read(ref _changes) != changes)
        {
            _unknown.TryRemove(id, out _);
        }
    }

    private async ValueTask<StoredConnection> FetchAsync(ConnectionId id, CancellationToken cancellationToken)
    {
        try
        {
            var reading = new Reading(this, id);
            var stored = await _cache.GetOrCreateAsync(Key(id), reading, static (r, token) => r.ReadAsync(token), ReadOnly, cancellationToken: cancellationToken);
            // Those who asked at the same time share the answer; one of them has read it.
            return reading.IsDone ? await ShareAsync(id, stored) : stored;
        }
        catch (JsonException)
        {
            // Two builds at a time share the cache, and this one cannot read what the other has left there for a minute.
            NotUnderstood(id.Value);
            return await ReadAsync(id, cancellationToken);
        }
    }

    private async ValueTask<StoredConnection> ReadAsync(ConnectionId id, CancellationToken cancellationToken)
    {
        var found = await _database.ListAsync(ById, StoredConnection.Read, cancellationToken, id.Value);
        return found.Count == 0 ? throw new UnknownConnectionException() : found[0];
    }

    /// <summary>Puts what was read where every process finds it, unless it was changed meanwhile: nobody would take that away again.</summary>
    private async ValueTask<StoredConnection> ShareAsync(ConnectionId id, StoredConnection stored)
    {
        try
        {
            await _cache.SetAsync(Key(id), stored, CacheLife, cancellationToken: CancellationToken.None);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Redis is away; it may have arrived all the same.
            NotShared(id.Value, e.GetType().Name);
        }
        StoredConnection now;
        try
        {
            now = await ReadAsync(id, CancellationToken.None);
        }
        catch (Exception)
        {
            // It is gone, or nobody knows.
            await ChangedAsync(id, CancellationToken.None);
            throw;
        }
        if (!now.Fingerprint().AsSpan().SequenceEqual(stored.Fingerprint()))
        {
            // Others may have found it by now.
            await ChangedAsync(id, CancellationToken.None);
        }
        return now;
    }

    private Entry NewEntry(StoredConnection stored)
    {
        var secrets = _protection.Unprotect(stored.ProtectedSecrets);
        if (secrets is null)
        {
            SecretsUnreadable(stored.Id);
        }
        return new Entry(stored.Fingerprint(), stored.ToSnapshot(secrets));
    }

    private void OnChanged(string payload)
    {
        if (Guid.TryParse(payload, out var guid))
        {
            var id = new ConnectionId(guid);
            Interlocked.Increment(ref _changes);
            _unknown.TryRemove(id, out _);
            _entries.TryRemove(id, out _);
            _ = ForgetAsync(id);
        }
    }

    /// <param name="kept">Stays, to be compared with what is read next; null: nothing does.</param>
    private async Task ForgetAsync(ConnectionId id, Entry? kept = null)
    {
        try
        {
            await _cache.RemoveAsync(Key(id));
            // Whoever loaded between the change and this point may have kept the old one.
            if (kept is null)
            {
                _entries.TryRemove(id, out _);
            }
            else
            {
                kept.FreshUntil = 0;
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            NotForgotten(id.Value, e.GetType().Name);
        }
    }

    private long Until(TimeSpan life) => _time.GetTimestamp() + (long)(life.TotalSeconds * _time.TimestampFrequency);

    [LoggerMessage(Level = LogLevel.Error, Message = "The secrets of connection {ConnectionId} cannot be decrypted: the key ring was lost. The connection is off until they are given again")]
    private partial void SecretsUnreadable(Guid connectionId);

    [LoggerMessage(Level = LogLevel.Information, Message = "Connection {ConnectionId} is in the shared cache in another build's form; it is read from the store")]
    private partial void NotUnderstood(Guid connectionId);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Connection {ConnectionId} is not shared with other processes ({Error})")]
    private partial void NotShared(Guid connectionId, string error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Connection {ConnectionId} stays in the cache until it expires ({Error})")]
    private partial void NotForgotten(Guid connectionId, string error);

    /// <summary>What one who asks the cache does when it has nothing.</summary>
    private sealed class Reading(ConnectionDirectory directory, ConnectionId id)
    {
        public bool IsDone { get; private set; }

        public async ValueTask<StoredConnection> ReadAsync(CancellationToken cancellationToken)
        {
            var stored = await directory.ReadAsync(id, cancellationToken);
            IsDone = true;
            return stored;
        }
    }

    private sealed class Entry(byte[] fingerprint, ConnectionSnapshot snapshot)
    {
        private long _freshUntil;

        public byte[] Fingerprint { get; } = fingerprint;

        public ConnectionSnapshot Snapshot { get; } = snapshot;

        public long FreshUntil
        {
            get => Volatile.Read(ref _freshUntil);
            set => Volatile.Write(ref _freshUntil, value);
        }
    }

    /// <summary>Keeps the shared cache from remembering ids that do not exist.</summary>
    private sealed class UnknownConnectionException : Exception;
}

/// <summary>A connection and its bot as they are stored, secrets encrypted: what may lie in a shared cache.</summary>
[ImmutableObject(true)]
internal sealed record StoredConnection
{
    /// <summary>Of a connection c and its bot b.</summary>
    public const string Columns = $"{ConnectionRow.Columns}, {BotRow.Columns}";

    public required Guid Id { get; init; }

    public required string Platform { get; init; }

    public required string DisplayName { get; init; }

    public required string Settings { get; init; }

    public required string ProtectedSecrets { get; init; }

    public string? DisabledReason { get; init; }

    public required int Version { get; init; }

    public required Guid BotId { get; init; }

    public required string BotName { get; init; }

    public required AiSettings Ai { get; init; }

    public required ProcessingSettings Processing { get; init; }

    public required int PromptVersion { get; init; }

    /// <summary>From a row of the columns <see cref="Columns"/>.</summary>
    public static StoredConnection Read(DbDataReader row)
    {
        var (connection, bot) = (ConnectionRow.Read(row), BotRow.Read(row, ConnectionRow.Count));
        return new StoredConnection
        {
            Id = connection.Id.Value,
            Platform = connection.Platform.Value,
            DisplayName = connection.DisplayName,
            Settings = connection.Settings,
            ProtectedSecrets = connection.ProtectedSecrets,
            DisabledReason = connection.DisabledReason,
            Version = connection.Version,
            BotId = bot.Id.Value,
            BotName = bot.Name,
            Ai = bot.Ai,
            Processing = bot.Processing,
            PromptVersion = bot.PromptVersion,
        };
    }

    /// <summary>The same as long as nothing was changed. Records that hold a list are equal to none that was read again.</summary>
    public byte[] Fingerprint() => SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(this));

    public ConnectionSnapshot ToSnapshot(IReadOnlyDictionary<string, string>? secrets)
    {
        using var settings = JsonDocument.Parse(Settings);
        return new ConnectionSnapshot
        {
            Id = new ConnectionId(Id),
            Platform = PlatformName.From(Platform),
            DisplayName = DisplayName,
            Settings = settings.RootElement.Clone(),
            Secrets = secrets ?? new Dictionary<string, string>(),
            DisabledReason = DisabledReason ?? (secrets is null ? ConnectionSnapshots.SecretsUnreadable : null),
            Version = Version,
            Bot = new BotSnapshot(new BotId(BotId), BotName, Ai, Processing, PromptVersion),
        };
    }
}
