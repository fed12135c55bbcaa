using System.Net.Sockets;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Persistence.Postgres;
using ChatOrchestrator.Infrastructure.Persistence.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace ChatOrchestrator.Infrastructure.Persistence;

/// <summary>Runs administrative work on whichever store is configured.</summary>
internal sealed class ChatDatabase(IDbContextFactory<ChatDbContext> contexts, SqliteDatabase? sqlite = null)
{
    /// <summary>Runs work that only reads.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be reached or did not answer in time.</exception>
    public Task<T> ReadAsync<T>(Func<ChatDbContext, Task<T>> work, CancellationToken cancellationToken) => RunAsync(work, cancellationToken);

    /// <summary>Runs work that writes. On SQLite it waits for its turn, so the work must not write by other ways than its context.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be reached or did not answer in time.</exception>
    public async Task<T> WriteAsync<T>(Func<ChatDbContext, Task<T>> work, CancellationToken cancellationToken)
    {
        using var turn = sqlite is null ? null : await sqlite.WaitToWriteAsync(cancellationToken);
        return await RunAsync(work, cancellationToken);
    }

    private async Task<T> RunAsync<T>(Func<ChatDbContext, Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            await using var context = await contexts.CreateDbContextAsync(cancellationToken);
            return await work(context);
        }
        catch (Exception e) when (IsUnavailable(e) && !cancellationToken.IsCancellationRequested)
        {
            throw new StoreUnavailableException(e);
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
