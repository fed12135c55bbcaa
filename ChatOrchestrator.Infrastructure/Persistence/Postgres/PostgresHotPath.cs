using System.Data;
using System.Net.Sockets;
using ChatOrchestrator.Application.Ports;
using Npgsql;

namespace ChatOrchestrator.Infrastructure.Persistence.Postgres;

/// <summary>
/// The connections of the hot path: few, prepared, and planned once. The planner must not choose a scan because a table
/// was small when the statement was prepared, so scans are priced out and plans are generic.
/// </summary>
internal sealed class PostgresHotPath : IAsyncDisposable
{
    /// <summary>
    /// For every session of ours: a process that stands still in the middle of a transaction (frozen, or cut off) holds
    /// locks that all others wait for. Postgres undoes it after this time, which is shorter than a lease. And compiling a
    /// statement, which it does where it guesses many rows, takes longer than running any of ours.
    /// </summary>
    internal const string EverySession = "-c jit=off -c idle_in_transaction_session_timeout=3s";

    internal const string SessionOptions = "-c enable_seqscan=off -c plan_cache_mode=force_generic_plan " + EverySession;

    private readonly NpgsqlDataSource _source;

    public PostgresHotPath(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            MaxAutoPrepare = 40,
            AutoPrepareMinUsages = 2,
            MaxPoolSize = 12,
            Enlist = false,
            NoResetOnClose = true,
            Timeout = 5,
            CommandTimeout = 15,
            ApplicationName = "chat-orchestrator-hot-path",
        };
        settings.Options = With(settings.Options, SessionOptions);
        AskForNoKerberos(settings);
        _source = NpgsqlDataSource.Create(settings);
    }

    /// <summary>
    /// Every new connection would first ask for encryption by Kerberos, which needs a library that .NET's images do not have
    /// (its loader then writes to standard error). <c>GSS Encryption Mode=Require</c> in the connection string still asks for it.
    /// </summary>
    internal static void AskForNoKerberos(NpgsqlConnectionStringBuilder settings)
    {
        if (settings.GssEncryptionMode == GssEncryptionMode.Prefer)
        {
            settings.GssEncryptionMode = GssEncryptionMode.Disable;
        }
    }

    internal static string With(string? options, string ours) => string.IsNullOrWhiteSpace(options) ? ours : options + " " + ours;

    /// <summary>Runs the statements of one commit. A deadlock, which Postgres ends by undoing one side, is tried again.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be reached or did not answer in time.</exception>
    public async Task<T> RunAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var connection = await _source.OpenConnectionAsync(cancellationToken);
                return await RunAsync(connection, work, cancellationToken);
            }
            catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure && attempt < 4)
            {
                continue;
            }
            catch (Exception e) when (IsUnavailable(e) && !cancellationToken.IsCancellationRequested)
            {
                throw Unavailable(e);
            }
        }
    }

    /// <summary>A statement that met our own time limit, and of which Postgres said that it has ended it: the connection is as good as before.</summary>
    private static async Task<T> RunAsync<T>(NpgsqlConnection connection, Func<NpgsqlConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await work(connection, cancellationToken);
        }
        catch (NpgsqlException e) when (e.InnerException is TimeoutException && connection.State == ConnectionState.Open)
        {
            throw new StatementTimedOutException(e);
        }
        catch (PostgresException) when (connection.State == ConnectionState.Open)
        {
            ForgetPrepared(connection);
            throw;
        }
    }

    /// <summary>
    /// A statement that fails in the batch that would have prepared it is half prepared for Npgsql, and the next batch with it
    /// fails too ("unexpected backend message DataRow"): whatever that one saves is innocent.
    /// </summary>
    private static void ForgetPrepared(NpgsqlConnection connection)
    {
        try
        {
            connection.UnprepareAll();
        }
        catch (NpgsqlException)
        {
            // It is broken, and the pool makes another.
        }
    }

    internal static StoreUnavailableException Unavailable(Exception e) =>
        TimedOut(e) ? new StatementTimedOutException(e) : new StoreUnavailableException(e);

    private static bool TimedOut(Exception? e) =>
        e is PostgresException { SqlState: PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.LockNotAvailable } || (e?.InnerException is { } inner && TimedOut(inner));

    /// <summary>Whether it is the store that fails, and not the statement.</summary>
    internal static bool IsUnavailable(Exception e) => e switch
    {
        // 08: connection, 53: out of resources, 57P: the server is shutting down or starting up, 25P03: we stood still in a
        // transaction, 25006: it is a standby now, 57014 and 55P03: it or an administrator set it a time limit.
        PostgresException p => p.SqlState.StartsWith("08", StringComparison.Ordinal)
            || p.SqlState.StartsWith("53", StringComparison.Ordinal)
            || p.SqlState.StartsWith("57P", StringComparison.Ordinal)
            || p.SqlState is "25P03" or PostgresErrorCodes.ReadOnlySqlTransaction or PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.LockNotAvailable,
        NpgsqlException or SocketException or TimeoutException or IOException => true,
        _ => false,
    };

    public ValueTask DisposeAsync() => _source.DisposeAsync();
}
