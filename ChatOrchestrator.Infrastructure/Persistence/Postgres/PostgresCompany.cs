using ChatOrchestrator.Application;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ChatOrchestrator.Infrastructure.Persistence.Postgres;

/// <summary>
/// A process without Redis must be the only one on its store: nothing would wake the others. Every process holds an
/// advisory lock for as long as it lives, shared when it has Redis and exclusive when it has not. The lock ends with its
/// session, so it is taken again when Postgres was restarted or the connection was lost.
/// </summary>
internal sealed partial class PostgresCompany : IAsyncDisposable
{
    // Any number will do, as long as every version of this product uses the same one.
    private const long Lock = 0x43_48_41_54_01;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>How long one that came in between is left alone before the lock is asked for, and the log says so, again.</summary>
    private static readonly TimeSpan WhileRefused = TimeSpan.FromSeconds(30);

    private readonly NpgsqlDataSource _source;
    private readonly bool _alone;
    private readonly TimeProvider _time;
    private readonly ILogger<PostgresCompany> _logger;
    private readonly CancellationTokenSource _leaving = new();
    private NpgsqlConnection? _connection;
    private Task _staying = Task.CompletedTask;

    public PostgresCompany(NpgsqlConnectionStringBuilder settings, bool alone, TimeProvider time, ILogger<PostgresCompany> logger)
    {
        // Of its own, and asked whether it still lives: a server that has vanished does not say that it let go of the lock.
        _source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(settings.ConnectionString) { MaxPoolSize = 1, KeepAlive = 30 });
        _alone = alone;
        _time = time;
        _logger = logger;
    }

    /// <exception cref="ConfigurationException">This process, or one that runs already, has no Redis.</exception>
    public async Task JoinAsync(CancellationToken cancellationToken)
    {
        _connection = await _source.OpenConnectionAsync(cancellationToken);
        if (!await TryLockAsync(_connection, cancellationToken))
        {
            throw new ConfigurationException("ConnectionStrings:redis", _alone
                ? "other processes use this database; with several processes Redis is required."
                : "a process without Redis uses this database; with several processes all of them need Redis.");
        }
        _staying = StayAsync(_connection, _leaving.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _leaving.CancelAsync();
        await ((Task)_staying).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await (_connection?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _source.DisposeAsync();
        _leaving.Dispose();
    }

    private async Task<bool> TryLockAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(_alone ? "SELECT pg_try_advisory_lock($1)" : "SELECT pg_try_advisory_lock_shared($1)", connection);
        command.Parameters.AddWithValue(Lock);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Waits for the session's end, which nothing but a message of the server or a broken connection can bring about.</summary>
    private async Task StayAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                while (true)
                {
                    await connection.WaitAsync(cancellationToken);
                }
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                Lost(e.GetType().Name);
            }
            await connection.DisposeAsync();
            _connection = connection = await JoinAgainAsync(cancellationToken);
        }
    }

    private async Task<NpgsqlConnection> JoinAgainAsync(CancellationToken cancellationToken)
    {
        var pause = Pause;
        while (true)
        {
            var connection = _source.CreateConnection();
            try
            {
                await connection.OpenAsync(cancellationToken);
                if (await TryLockAsync(connection, cancellationToken))
                {
                    TakenAgain();
                    return connection;
                }
                // It runs by now, and so does this one: to end it would stop answers that are in the making.
                Refused();
                pause = WhileRefused;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                NotYet(e.GetType().Name);
                pause = Pause;
            }
            await connection.DisposeAsync();
            await Task.Delay(pause, _time, cancellationToken);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The database session that says that this process runs has ended ({Error}); it is opened again")]
    private partial void Lost(string error);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The database does not answer yet ({Error})")]
    private partial void NotYet(string error);

    [LoggerMessage(Level = LogLevel.Information, Message = "The database session that says that this process runs is back")]
    private partial void TakenAgain();

    [LoggerMessage(Level = LogLevel.Error, Message = "ConnectionStrings:redis: a process without Redis runs beside others on this database. With several processes all of them need Redis: messages wait longer than they should until one is stopped")]
    private partial void Refused();
}
