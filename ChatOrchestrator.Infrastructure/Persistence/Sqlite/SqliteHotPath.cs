using ChatOrchestrator.Application.Ports;
using Microsoft.Data.Sqlite;

namespace ChatOrchestrator.Infrastructure.Persistence.Sqlite;

/// <summary>
/// The two connections of the hot path: SQLite has one writer at a time, so all writing goes through one connection,
/// call by call; reading goes on beside it (WAL). Statements are prepared once and kept.
/// </summary>
/// <param name="database">The file.</param>
/// <param name="time">The clock of every time that is stored or compared.</param>
internal sealed class SqliteHotPath(SqliteDatabase database, TimeProvider time) : IAsyncDisposable
{
    private readonly Channel _writer = new();
    private readonly Channel _reader = new();

    /// <summary>Runs the work in one transaction: all of it is on the disk when this returns, or nothing of it.</summary>
    /// <exception cref="StoreUnavailableException">The file cannot be opened or written, or another process keeps it locked.</exception>
    public async Task<T> WriteAsync<T>(Func<SqliteSession, T> work, CancellationToken cancellationToken)
    {
        using var turn = await database.WaitToWriteAsync(cancellationToken);
        return await RunAsync(_writer, "BEGIN IMMEDIATE", work, cancellationToken);
    }

    /// <summary>Runs the work on one state of the store. It must not write.</summary>
    /// <exception cref="StoreUnavailableException">The file cannot be opened or read.</exception>
    public Task<T> ReadAsync<T>(Func<SqliteSession, T> work, CancellationToken cancellationToken) => RunAsync(_reader, "BEGIN", work, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        await _reader.DisposeAsync();
    }

    private async Task<T> RunAsync<T>(Channel channel, string begin, Func<SqliteSession, T> work, CancellationToken cancellationToken)
    {
        await channel.Gate.WaitAsync(cancellationToken);
        try
        {
            // The driver has no asynchronous calls, and a commit waits for the disk: not on the caller's thread.
            return await Task.Run(() => Run(channel, begin, work), CancellationToken.None);
        }
        catch (SqliteException e) when (IsUnavailable(e))
        {
            throw new StoreUnavailableException(e);
        }
        finally
        {
            channel.Gate.Release();
        }
    }

    private T Run<T>(Channel channel, string begin, Func<SqliteSession, T> work)
    {
        var session = channel.Session ??= SqliteSession.Open(database.ConnectionString, time);
        try
        {
            session.Run(begin);
            session.Tick();
            var result = work(session);
            session.Run("COMMIT");
            return result;
        }
        catch
        {
            // Closing undoes what was not committed, and the next call starts afresh, whatever went wrong here.
            channel.Session = null;
            session.Dispose();
            throw;
        }
    }

    /// <summary>5 busy, 6 locked, 10 I/O error, 13 disk full, 14 cannot open: https://www.sqlite.org/rescode.html</summary>
    private static bool IsUnavailable(SqliteException e) => e.SqliteErrorCode is 5 or 6 or 10 or 13 or 14;

    private sealed class Channel : IAsyncDisposable
    {
        public SemaphoreSlim Gate { get; } = new(1, 1);

        public SqliteSession? Session { get; set; }

        public async ValueTask DisposeAsync()
        {
            await Gate.WaitAsync();
            Session?.Dispose();
            Session = null;
            Gate.Dispose();
        }
    }
}
