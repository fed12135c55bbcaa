using System.Data.Common;
using System.Net.Sockets;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Persistence.Postgres;
using ChatOrchestrator.Infrastructure.Persistence.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace ChatOrchestrator.Infrastructure.Persistence;

/// <summary>
/// Runs administrative work on whichever store is configured: as plain statements what a process does at its start, from
/// time to time and to be set up, with EF Core the rest. EF Core's model and what it compiles for a first query take some
/// 35 MiB, which a process does without that only takes messages or answers them (ADR 0017).
/// </summary>
internal sealed class ChatDatabase(IChatContexts contexts, NpgsqlDataSource? postgres = null, SqliteDatabase? sqlite = null)
{
    /// <summary>Which of the two stores it is.</summary>
    public bool IsPostgres => postgres is not null;

    /// <summary>Runs work that only reads.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be reached or did not answer in time.</exception>
    public Task<T> ReadAsync<T>(Func<ChatDbContext, Task<T>> work, CancellationToken cancellationToken) => RunAsync(work, cancellationToken);

    /// <summary>Runs work that writes. On SQLite it waits for its turn, so the work must not write by other ways than its context.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be reached or did not answer in time.</exception>
    public async Task<T> WriteAsync<T>(Func<ChatDbContext, Task<T>> work, CancellationToken cancellationToken)
    {
        using var turn = await WaitToWriteAsync(cancellationToken);
        return await RunAsync(work, cancellationToken);
    }

    /// <summary>What one statement finds.</summary>
    /// <param name="values">Its parameters, <c>$1</c>, <c>$2</c>… on both stores.</param>
    /// <exception cref="StoreUnavailableException">The store cannot be reached or did not answer in time.</exception>
    public Task<List<T>> ListAsync<T>(string sql, Func<DbDataReader, T> read, CancellationToken cancellationToken, params object?[] values) =>
        RunAsync(connection => connection.ListAsync(sql, read, cancellationToken, values), cancellationToken);

    /// <summary>The one row that a statement finds; null: none.</summary>
    /// <param name="values">Its parameters, <c>$1</c>, <c>$2</c>… on both stores.</param>
    /// <exception cref="StoreUnavailableException">The store cannot be reached or did not answer in time.</exception>
    public async Task<T?> FindAsync<T>(string sql, Func<DbDataReader, T> read, CancellationToken cancellationToken, params object?[] values)
        where T : class => (await ListAsync(sql, read, cancellationToken, values)).SingleOrDefault();

    /// <summary>Runs one statement that writes. Returns how many rows it changed.</summary>
    /// <param name="values">Its parameters, <c>$1</c>, <c>$2</c>… on both stores.</param>
    /// <exception cref="StoreUnavailableException">The store cannot be reached or did not answer in time.</exception>
    public async Task<int> RunAsync(string sql, CancellationToken cancellationToken, params object?[] values)
    {
        using var turn = await WaitToWriteAsync(cancellationToken);
        return await RunAsync(connection => connection.RunAsync(sql, cancellationToken, values), cancellationToken);
    }

    /// <summary>Runs statements that write, in one transaction; not committed when the work throws.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be reached or did not answer in time.</exception>
    public async Task<T> TransactAsync<T>(Func<DbConnection, Task<T>> work, CancellationToken cancellationToken)
    {
        using var turn = await WaitToWriteAsync(cancellationToken);
        return await RunAsync(
            async connection =>
            {
                await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
                var result = await work(connection);
                await transaction.CommitAsync(cancellationToken);
                return result;
            },
            cancellationToken);
    }

    /// <inheritdoc cref="TransactAsync{T}"/>
    public Task TransactAsync(Func<DbConnection, Task> work, CancellationToken cancellationToken) => TransactAsync(
        async connection =>
        {
            await work(connection);
            return true;
        },
        cancellationToken);

    /// <summary>Reads a row that counts its changes, and changes it, in one transaction; again, from what is stored then, when somebody else was faster. Null: there is no such row.</summary>
    /// <param name="sql">Reads it; <c>$1</c> is its id.</param>
    /// <param name="change">Changes it in the store, too. False: somebody else has changed it since it was read, and nothing was written.</param>
    /// <exception cref="StoreUnavailableException">The store cannot be reached or did not answer in time.</exception>
    public async Task<T?> ChangeAsync<T>(
        string sql, Func<DbDataReader, T> read, Guid id, Func<DbConnection, T, Task<bool>> change, CancellationToken cancellationToken)
        where T : class
    {
        while (true)
        {
            var (isDone, changed) = await TransactAsync(
                async connection =>
                {
                    var found = (await connection.ListAsync(sql, read, cancellationToken, id)).SingleOrDefault();
                    return (found is null || await change(connection, found), found);
                },
                cancellationToken);
            if (isDone)
            {
                return changed;
            }
        }
    }

    /// <summary>A connection, for those who cannot wait asynchronously.</summary>
    public DbConnection Open() => postgres is not null ? postgres.OpenConnection() : sqlite!.Open();

    private async Task<IDisposable?> WaitToWriteAsync(CancellationToken cancellationToken) => sqlite is null ? null : await sqlite.WaitToWriteAsync(cancellationToken);

    private Task<T> RunAsync<T>(Func<ChatDbContext, Task<T>> work, CancellationToken cancellationToken) => GuardAsync(
        async () =>
        {
            await using var context = contexts.Create();
            return await work(context);
        },
        cancellationToken);

    private Task<T> RunAsync<T>(Func<DbConnection, Task<T>> work, CancellationToken cancellationToken) => GuardAsync(
        async () =>
        {
            await using DbConnection connection = postgres is not null ? await postgres.OpenConnectionAsync(cancellationToken) : await sqlite!.OpenAsync(cancellationToken);
            return await work(connection);
        },
        cancellationToken);

    private static async Task<T> GuardAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (IsUnavailable(e) && !cancellationToken.IsCancellationRequested)
        {
            throw e as StoreUnavailableException ?? PostgresHotPath.Unavailable(e);
        }
    }

    /// <summary>Whether it is the store that fails, and not the statement. EF Core wraps what the driver throws.</summary>
    internal static bool IsUnavailable(Exception? e) => e switch
    {
        null => false,
        StoreUnavailableException => true,
        NpgsqlException or SocketException or TimeoutException => PostgresHotPath.IsUnavailable(e),
        // 5 busy, 6 locked, 10 I/O error, 13 disk full, 14 cannot open: https://www.sqlite.org/rescode.html
        SqliteException s => s.SqliteErrorCode is 5 or 6 or 10 or 13 or 14,
        { InnerException: null } => false,
        _ => IsUnavailableBeneath(e),
    };

    /// <summary>Apart from the above, which knows no type of EF Core: it need not be loaded to find that the store is away.</summary>
    private static bool IsUnavailableBeneath(Exception e) => e is DbUpdateException and not DbUpdateConcurrencyException or InvalidOperationException && IsUnavailable(e.InnerException);
}
