using ChatOrchestrator.Tests.Fixtures;
using ChatOrchestrator.Tests.Persistence;

namespace ChatOrchestrator.Tests.ApiService.Access;

/// <summary>An API process on a Postgres database of its own; without Postgres it is not started, and its tests are skipped.</summary>
public sealed class PostgresApiProcess : IAsyncLifetime
{
    private PostgresDatabase? _database;

    public ApiProcess? Api { get; private set; }

    public async Task<ApiProcess> StartAsync()
    {
        if (Api is null)
        {
            _database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
            var settings = ApiProcess.Settings();
            settings["ConnectionStrings__chatdb"] = _database.ConnectionString;
            Api = await ApiProcess.StartAsync(settings);
        }
        return Api;
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (Api is not null)
        {
            await Api.DisposeAsync();
            await _database!.DisposeAsync();
        }
    }
}

[NeedsPostgres]
public sealed class PostgresAccessTests(PostgresApiProcess api) : AccessSuite, IClassFixture<PostgresApiProcess>
{
    protected override Task<ApiProcess> StartAsync() => api.StartAsync();
}

/// <summary>Who may do what, on SQLite.</summary>
public sealed class AccessTests(ApiProcess api) : AccessSuite, IClassFixture<ApiProcess>
{
    protected override Task<ApiProcess> StartAsync() => Task.FromResult(api);
}
