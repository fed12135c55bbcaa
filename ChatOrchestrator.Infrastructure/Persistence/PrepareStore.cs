using ChatOrchestrator.Application;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Persistence.KeyRing;
using ChatOrchestrator.Infrastructure.Persistence.Sqlite;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ChatOrchestrator.Infrastructure.Persistence;

/// <summary>
/// Before anything else starts: waits for the store, brings the schema up to date and makes the first key of the key ring,
/// one process at a time. A database that is newer than this code is refused.
/// </summary>
public sealed partial class PrepareStore : IHostedLifecycleService
{
    /// <summary>An arbitrary number for <c>pg_advisory_lock</c>.</summary>
    private const long AdvisoryLock = 0x43_68_61_74_4F_72_63_68;

    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(500);

    private readonly ChatDatabase _database;
    private readonly IChatContexts _contexts;
    private readonly IDataProtectionProvider _protection;
    private readonly RewrapKeyRing _ring;
    private readonly StorageOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<PrepareStore> _logger;
    private readonly NpgsqlDataSource? _postgres;
    private readonly SqliteDatabase? _sqlite;
    private bool _prepared;

    internal PrepareStore(
        ChatDatabase database,
        IChatContexts contexts,
        IDataProtectionProvider protection,
        RewrapKeyRing ring,
        IOptions<StorageOptions> options,
        TimeProvider time,
        ILogger<PrepareStore> logger,
        NpgsqlDataSource? postgres,
        SqliteDatabase? sqlite)
    {
        _database = database;
        _contexts = contexts;
        _protection = protection;
        _ring = ring;
        _options = options.Value;
        _time = time;
        _logger = logger;
        _postgres = postgres;
        _sqlite = sqlite;
    }

    /// <summary>The key that says where the store is.</summary>
    public string SettingName => _postgres is null ? "Storage:Path" : "ConnectionStrings:chatdb";

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        if (!_prepared)
        {
            await HandleAsync(_options.MigrateAtStart, cancellationToken);
            _prepared = true;
        }
    }

    /// <exception cref="ConfigurationException">The store cannot be reached in time, is in use by another process, or is newer than this code.</exception>
    /// <exception cref="MigrationFailedException">The schema could not be brought up to date.</exception>
    public async Task HandleAsync(bool migrate, CancellationToken cancellationToken)
    {
        _sqlite?.Claim();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(_options.StartTimeoutSeconds), _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        var reason = "no answer";
        try
        {
            while (true)
            {
                try
                {
                    if (await TryPrepareAsync(migrate, either.Token))
                    {
                        return;
                    }
                    reason = "its schema is not up to date; run the verb 'migrate'";
                }
                catch (PostgresException e) when (IsRefusal(e))
                {
                    throw Refused(e);
                }
                catch (Exception e) when (ChatDatabase.IsUnavailable(e) && !either.IsCancellationRequested)
                {
                    reason = "it cannot be reached";
                    Waiting(e.GetType().Name);
                }
                await Task.Delay(BetweenTries, _time, either.Token);
            }
        }
        catch (Exception e) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested && e is not ConfigurationException)
        {
            throw new ConfigurationException(SettingName, $"the store was not ready within {_options.StartTimeoutSeconds} s: {reason}.");
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Does something that only one process may do at a time, on a store that is prepared.</summary>
    public async Task AloneAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        await using var alone = await LockAsync(cancellationToken);
        await work(cancellationToken);
    }

    /// <summary>What the store's schema is, compared with what this program knows. Changes nothing, and makes no file.</summary>
    /// <exception cref="ConfigurationException">The server refuses the user, the password or the database's name.</exception>
    /// <exception cref="StoreUnavailableException">The store does not answer.</exception>
    public async Task<StoreSchema> ReadSchemaAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await ReadSchema.HandleAsync(_database, _sqlite?.Path, cancellationToken);
        }
        catch (PostgresException e) when (IsRefusal(e))
        {
            throw Refused(e);
        }
    }

    /// <summary>Makes sure that the key ring can be read, before anything uses it; changes nothing.</summary>
    /// <exception cref="ConfigurationException">The key that it is encrypted with is not configured.</exception>
    /// <exception cref="StoreUnavailableException">The store does not answer.</exception>
    public Task RequireKeyRingAsync(CancellationToken cancellationToken) => _ring.RequireAsync(cancellationToken);

    /// <exception cref="ConfigurationException">The store is newer than this program.</exception>
    public void Refuse(StoreSchema schema)
    {
        if (schema.Newer.Count > 0)
        {
            throw new ConfigurationException(SettingName, $"the database is newer than this program: it has the migration '{schema.Newer[0]}'. Start a version that knows it.");
        }
    }

    private static bool IsRefusal(PostgresException e) =>
        e.SqlState is PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification or PostgresErrorCodes.InvalidCatalogName;

    private ConfigurationException Refused(PostgresException e) =>
        new(SettingName, $"the server refuses it ({e.SqlState}): is the user, the password or the database name wrong?");

    private async Task<bool> TryPrepareAsync(bool migrate, CancellationToken cancellationToken)
    {
        await using var alone = await LockAsync(cancellationToken);
        var schema = await ReadSchema.HandleAsync(_database, _sqlite?.Path, cancellationToken);
        Refuse(schema);
        if (schema.Pending.Count > 0)
        {
            if (!migrate)
            {
                return false;
            }
            await MigrateAsync(cancellationToken);
            Migrated(schema.Pending.Count);
        }
        await _ring.HandleAsync(cancellationToken);
        // Makes the first key while no other process can make another.
        _protection.CreateProtector("start").Protect("ring");
        return true;
    }

    /// <summary>Apart from the above: where a method uses EF Core's types, running it loads them, whichever way it goes.</summary>
    private async Task MigrateAsync(CancellationToken cancellationToken)
    {
        await using var context = _contexts.Create();
        await MigrateSchema.HandleAsync(context, _sqlite, cancellationToken);
    }

    private async Task<IAsyncDisposable> LockAsync(CancellationToken cancellationToken)
    {
        if (_postgres is null)
        {
            return Unlocked.Instance;
        }
        var connection = await _postgres.OpenConnectionAsync(cancellationToken);
        try
        {
            await using var command = new NpgsqlCommand("SELECT pg_advisory_lock($1)", connection) { CommandTimeout = 0 };
            command.Parameters.Add(new() { Value = AdvisoryLock });
            await command.ExecuteNonQueryAsync(cancellationToken);
            return new Locked(connection);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private sealed class Locked(NpgsqlConnection connection) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            try
            {
                await using var command = new NpgsqlCommand("SELECT pg_advisory_unlock($1)", connection);
                command.Parameters.Add(new() { Value = AdvisoryLock });
                await command.ExecuteNonQueryAsync(CancellationToken.None);
            }
            catch (NpgsqlException)
            {
                // The session is gone, and its lock with it.
            }
            await connection.DisposeAsync();
        }
    }

    private sealed class Unlocked : IAsyncDisposable
    {
        public static readonly Unlocked Instance = new();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Waiting for the store ({Error})")]
    private partial void Waiting(string error);

    [LoggerMessage(Level = LogLevel.Information, Message = "The schema is up to date; {Count} migrations were applied")]
    private partial void Migrated(int count);
}
