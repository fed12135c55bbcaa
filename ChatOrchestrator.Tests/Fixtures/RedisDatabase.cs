namespace ChatOrchestrator.Tests.Fixtures;

/// <summary>
/// An empty database on the shared server. As <c>IClassFixture&lt;RedisDatabase&gt;</c> a test class has one of its own; a
/// single test asks <see cref="RedisServer.RentDatabaseAsync"/>.
/// </summary>
public sealed class RedisDatabase : IAsyncLifetime, IAsyncDisposable
{
    private RedisServer? _server;
    private string? _configuration;

    /// <summary>For xunit, which calls <see cref="InitializeAsync"/>.</summary>
    public RedisDatabase()
    {
    }

    internal RedisDatabase(RedisServer server, int number, string configuration) =>
        (_server, Number, _configuration) = (server, number, configuration);

    public int Number { get; private set; }

    /// <summary>StackExchange.Redis configuration with database number and channel prefix.</summary>
    public string Configuration => _configuration ?? throw new InvalidOperationException("The database has not been rented.");

    public async Task InitializeAsync()
    {
        _server = await RedisServer.SharedAsync();
        var rented = await _server.RentDatabaseAsync();
        (Number, _configuration) = (rented.Number, rented._configuration);
    }

    public ValueTask DisposeAsync()
    {
        Interlocked.Exchange(ref _server, null)?.Return(Number);
        return ValueTask.CompletedTask;
    }

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();
}
