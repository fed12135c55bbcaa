using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Persistence;
using ChatOrchestrator.Infrastructure.Persistence.Postgres;
using ChatOrchestrator.Tests.Fixtures;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace ChatOrchestrator.Tests.Persistence;

[CollectionDefinition(Collection)]
public sealed class PostgresTestStore : TestStore, ICollectionFixture<PostgresTestStore>
{
    public const string Collection = "store on Postgres";

    private readonly PostgresDatabase _database = new();
    private NpgsqlDataSource? _source;
    private readonly List<PostgresHotPath> _hotPaths = [];
    private IInboxStore? _inbox;
    private ILaneStore? _lanes;
    private ILaneWatch? _watch;
    private IRetentionStore? _retention;
    private IErasureStore? _erasures;
    private IBudgetStore? _budgets;

    public override IInboxStore Inbox => _inbox!;

    public override ILaneStore Lanes => _lanes!;

    public override ILaneWatch Watch => _watch!;

    public override IRetentionStore Retention => _retention!;

    public override IErasureStore Erasures => _erasures!;

    public override IBudgetStore Budgets => _budgets!;

    internal override ChatDatabase DatabaseOf(IChatContexts contexts) => new(contexts, _source!);

    public string ConnectionString => _database.ConnectionString;

    public override (IInboxStore Inbox, ILaneStore Lanes) Another()
    {
        var hotPath = new PostgresHotPath(ConnectionString);
        _hotPaths.Add(hotPath);
        return (new PostgresInboxStore(hotPath), new PostgresLaneStore(hotPath));
    }

    public override IBudgetStore AnotherBudgets()
    {
        Another();
        return new PostgresBudgetStore(_hotPaths[^1]);
    }

    public override ChatDbContext CreateContext()
    {
        var options = new DbContextOptionsBuilder<PostgresChatDbContext>();
        PostgresChatDbContext.Configure(options, ConnectionString);
        return new PostgresChatDbContext(options.Options);
    }

    protected override async Task StartAsync()
    {
        await _database.InitializeAsync();
        await using var context = CreateContext();
        await context.Database.MigrateAsync();
        _source = NpgsqlDataSource.Create(ConnectionString);
        (_inbox, _lanes) = Another();
        _watch = new PostgresLaneWatch(_hotPaths[0]);
        _retention = new PostgresRetentionStore(_hotPaths[0]);
        _budgets = new PostgresBudgetStore(_hotPaths[0]);
        _erasures = new PostgresErasureStore(_hotPaths[0], TimeProvider.System);
    }

    protected override async Task StopAsync()
    {
        foreach (var hotPath in _hotPaths)
        {
            await hotPath.DisposeAsync();
        }
        await (_source?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _database.DisposeAsync();
    }

    protected override string Interval(TimeSpan time) => $"make_interval(secs => {Number(time.TotalSeconds)})";
}
