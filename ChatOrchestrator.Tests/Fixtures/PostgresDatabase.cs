using Npgsql;

namespace ChatOrchestrator.Tests.Fixtures;

/// <summary>
/// An empty database on the shared server. As <c>IClassFixture&lt;PostgresDatabase&gt;</c> a test class has one of its own;
/// a single test asks <see cref="PostgresServer.CreateDatabaseAsync"/>.
/// </summary>
public sealed class PostgresDatabase : IAsyncLifetime, IAsyncDisposable
{
    private PostgresServer? _server;
    private string? _connectionString;

    /// <summary>For xunit, which calls <see cref="InitializeAsync"/>.</summary>
    public PostgresDatabase() => Name = "";

    internal PostgresDatabase(PostgresServer server, string name, string connectionString) =>
        (_server, Name, _connectionString) = (server, name, connectionString);

    public string Name { get; private set; }

    public string ConnectionString => _connectionString ?? throw new InvalidOperationException("The database has not been created.");

    public async Task InitializeAsync()
    {
        _server = await PostgresServer.SharedAsync();
        var created = await _server.CreateDatabaseAsync();
        (Name, _connectionString) = (created.Name, created._connectionString);
    }

    /// <summary>Drops the database, whoever is still connected. A server that is down keeps it: its data goes with the server.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_server is null || Name.Length == 0)
        {
            return;
        }

        try
        {
            await _server.ExecuteAsync($"DROP DATABASE IF EXISTS {Name} WITH (FORCE)");
        }
        catch (NpgsqlException e) when (e is not PostgresException)
        {
        }
    }

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();
}
