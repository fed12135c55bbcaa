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
/// Runs administrative work on whichever store is configured: with EF Core, or, what every process does at its start and
/// from time to time, as plain statements. EF Core's model and what it compiles for a first query take some 35 MiB, which a
/// worker that only answers does without.
/// </summary>
internal sealed class ChatDatabase(IDbContextFactory<ChatDbContext> contexts, NpgsqlDataSource? postgres = null, SqliteDatabase? sqlite = null)
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
    public Task<List<T>> ListAsync<T>(string sql, Func<DbDataReader, T> read, CancellationToken cancellationToken, params object[] values) => RunAsync(
        async connection =>
        {
            await using var command = connection.Statement(sql, values);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var found = new List<T>();
            while (await reader.ReadAsync(cancellationToken))
            {
                found.Add(read(reader));
            }
            return found;
        },
        cancellationToken);

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

    /// <summary>A connection, for those who cannot wait asynchronously.</summary>
    public DbConnection Open() => postgres is not null ? postgres.OpenConnection() : sqlite!.Open();

    private async Task<IDisposable?> WaitToWriteAsync(CancellationToken cancellationToken) => sqlite is null ? null : await sqlite.WaitToWriteAsync(cancellationToken);

    private Task<T> RunAsync<T>(Func<ChatDbContext, Task<T>> work, CancellationToken cancellationToken) => GuardAsync(
        async () =>
        {
            await using var context = await contexts.CreateDbContextAsync(cancellationToken);
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
        DbUpdateConcurrencyException => false,
        DbUpdateException or InvalidOperationException => IsUnavailable(e.InnerException),
        _ => false,
    };
}
