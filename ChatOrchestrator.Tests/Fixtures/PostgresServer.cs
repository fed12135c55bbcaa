using ChatOrchestrator.Tests.Fixtures.Stores;
using Npgsql;

namespace ChatOrchestrator.Tests.Fixtures;

/// <summary>How a Postgres is brought down.</summary>
public enum PostgresShutdown
{
    /// <summary>Open transactions are rolled back, the data is flushed.</summary>
    Fast,

    /// <summary>As a crash: the next start recovers from the write-ahead log.</summary>
    Immediate,
}

/// <summary>
/// The Postgres of the integration tests: the one of <c>TEST_POSTGRES</c>; else a private one from the machine's binaries;
/// else one in a container. It is never another database in disguise. Servers are stopped and their data removed when the
/// test run ends, however it ends.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(90);

    private static readonly Lazy<Task<PostgresServer>> LazyShared = new(() =>
        TestMachine.TestPostgres is { } configured
            ? Task.FromResult(new PostgresServer(backend: null, new NpgsqlConnectionStringBuilder(configured)))
            : StartPrivateAsync());

    private readonly IStoreBackend? _backend;
    private readonly NpgsqlConnectionStringBuilder _connection;

    private PostgresServer(IStoreBackend? backend, NpgsqlConnectionStringBuilder connection) => (_backend, _connection) = (backend, connection);

    /// <summary>Connection string of the maintenance database. Tests use <see cref="CreateDatabaseAsync"/>.</summary>
    public string ConnectionString => _connection.ConnectionString;

    /// <summary>The server of this test run, started by the first who asks. Nobody stops it: others use it at the same time.</summary>
    /// <exception cref="InvalidOperationException">The machine offers no Postgres.</exception>
    public static Task<PostgresServer> SharedAsync() => LazyShared.Value;

    /// <summary>A server of the caller's own, to stop and start again.</summary>
    /// <exception cref="InvalidOperationException">The machine offers no Postgres.</exception>
    public static async Task<PostgresServer> StartPrivateAsync()
    {
        if (TestMachine.MissingPostgres(ownServer: true) is { } missing)
        {
            throw new InvalidOperationException(missing);
        }

        IStoreBackend backend = TestMachine.PostgresDirectory is { } binaries
            ? await PostgresProcess.CreateAsync(binaries)
            : ContainerBackend.Postgres();
        var server = new PostgresServer(backend, new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = backend.Port,
            Username = "postgres",
            Database = "postgres",
        });
        await server.StartAsync();
        return server;
    }

    /// <summary>An empty database of the caller's own, dropped when disposed.</summary>
    public async Task<PostgresDatabase> CreateDatabaseAsync()
    {
        var name = $"test_{Guid.NewGuid():N}";
        await ExecuteAsync($"CREATE DATABASE {name}");
        return new PostgresDatabase(this, name, new NpgsqlConnectionStringBuilder(ConnectionString) { Database = name }.ConnectionString);
    }

    /// <summary>Starts a stopped private server on the same port and data; returns when it answers queries.</summary>
    /// <exception cref="TimeoutException">It did not answer; the message has its log.</exception>
    public async Task StartAsync()
    {
        await OwnBackend.StartAsync();
        await Eventually.TrueAsync(
            async cancellationToken =>
            {
                if (OwnBackend.Failure is not null)
                {
                    return true;
                }

                await ExecuteAsync("SELECT 1", cancellationToken);
                return true;
            },
            StartDeadline,
            $"Postgres on port {OwnBackend.Port} answers");
        if (OwnBackend.Failure is { } failure)
        {
            throw new InvalidOperationException($"Postgres ended at its start:\n{failure}");
        }
    }

    /// <summary>Stops a private server. Connections to it break.</summary>
    public Task StopAsync(PostgresShutdown shutdown = PostgresShutdown.Fast) =>
        OwnBackend.StopAsync(immediately: shutdown == PostgresShutdown.Immediate);

    public ValueTask DisposeAsync() => OwnBackend.DisposeAsync();

    internal async Task ExecuteAsync(string sql, CancellationToken cancellationToken = default)
    {
        // Unpooled: a pooled connection would outlive a restart of the server.
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private IStoreBackend OwnBackend =>
        _backend ?? throw new InvalidOperationException("TEST_POSTGRES is not ours to start or stop; use StartPrivateAsync.");
}
