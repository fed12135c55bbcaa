using System.Data.Common;
using ChatOrchestrator.Application;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace ChatOrchestrator.Infrastructure.Persistence.Sqlite;

/// <summary>The SQLite file, how to open it, and the lock that keeps other processes out.</summary>
internal sealed class SqliteDatabase : IDisposable
{
    // WAL is kept in the file. FULL: a commit is on the disk before it is acknowledged, whatever happens to the machine.
    internal const string Pragmas = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON;";

    private readonly SemaphoreSlim _writing = new(1, 1);
    private FileStream? _lock;

    public SqliteDatabase(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
        ConnectionString = new SqliteConnectionStringBuilder
        {
            DataSource = Path,
            ForeignKeys = true,
            DefaultTimeout = 10,
            Pooling = true,
        }.ConnectionString;
    }

    public string Path { get; }

    public string ConnectionString { get; }

    /// <summary>Opens a connection with the pragmas set.</summary>
    public SqliteConnection Open()
    {
        var connection = new SqliteConnection(ConnectionString);
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = Pragmas;
            command.ExecuteNonQuery();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Opens a connection with the pragmas set.</summary>
    public async Task<SqliteConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = new SqliteConnection(ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            await using var command = connection.CreateCommand();
            command.CommandText = Pragmas;
            await command.ExecuteNonQueryAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Waits for the turn to write, which ends when the result is disposed. SQLite has one writer at a time and no queue:
    /// who finds the file locked asks again every tenth of a second, and beside a busy writer may ask in vain for longer
    /// than it waits. All writing of this process, the only one at the file, therefore goes through this queue.
    /// </summary>
    public async Task<IDisposable> WaitToWriteAsync(CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        return new Turn(_writing);
    }

    /// <summary>
    /// Claims the file for this process until it ends. Signals and cache are in-process without Redis, so two processes on
    /// one file would not hear each other.
    /// </summary>
    /// <exception cref="ConfigurationException">Another process has it, or the folder cannot be written.</exception>
    public void Claim()
    {
        if (_lock is not null)
        {
            return;
        }
        try
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
            // FileShare.None is flock(LOCK_EX) on Unix: it ends with the process, however that ends.
            _lock = new FileStream(Path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException)
        {
            throw new ConfigurationException("Storage:Path", $"'{Path}' cannot be written: permission denied.");
        }
        catch (IOException e)
        {
            throw new ConfigurationException("Storage:Path", File.Exists(Path + ".lock")
                ? $"'{Path}' is in use by another process. Several processes need ConnectionStrings:chatdb and ConnectionStrings:redis."
                : $"'{Path}' cannot be created: {e.Message}");
        }
    }

    public void Dispose()
    {
        SqliteConnection.ClearPool(new SqliteConnection(ConnectionString));
        _lock?.Dispose();
        _lock = null;
    }

    private sealed class Turn(SemaphoreSlim writing) : IDisposable
    {
        public void Dispose() => writing.Release();
    }

    /// <summary>Sets the pragmas on the connections that EF Core opens.</summary>
    internal sealed class SetPragmas : DbConnectionInterceptor
    {
        public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
        {
            using var command = connection.CreateCommand();
            command.CommandText = Pragmas;
            command.ExecuteNonQuery();
        }

        public override async Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = Pragmas;
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
