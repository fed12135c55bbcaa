using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Persistence;
using ChatOrchestrator.Infrastructure.Persistence.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Tests.Persistence;

[CollectionDefinition(Collection)]
public sealed class SqliteTestStore : TestStore, ICollectionFixture<SqliteTestStore>
{
    public const string Collection = "store on SQLite";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("chat-store-");
    private readonly SqliteDatabase _database;
    private readonly List<SqliteHotPath> _hotPaths = [];
    private IInboxStore? _inbox;
    private ILaneStore? _lanes;
    private ILaneWatch? _watch;
    private IRetentionStore? _retention;
    private IErasureStore? _erasures;
    private IBudgetStore? _budgets;

    public SqliteTestStore() => _database = new SqliteDatabase(Path.Combine(_folder.FullName, "chat.db"));

    public override IInboxStore Inbox => _inbox!;

    public override ILaneStore Lanes => _lanes!;

    public override ILaneWatch Watch => _watch!;

    public override IRetentionStore Retention => _retention!;

    public override IErasureStore Erasures => _erasures!;

    public override IBudgetStore Budgets => _budgets!;

    internal SqliteDatabase File => _database;

    public string ConnectionString => _database.ConnectionString;

    public override (IInboxStore Inbox, ILaneStore Lanes) Another()
    {
        var hotPath = new SqliteHotPath(_database, TimeProvider.System);
        _hotPaths.Add(hotPath);
        return (new SqliteInboxStore(hotPath), new SqliteLaneStore(hotPath));
    }

    public override IBudgetStore AnotherBudgets()
    {
        Another();
        return new SqliteBudgetStore(_hotPaths[^1]);
    }

    internal override ChatDatabase DatabaseOf(IChatContexts contexts) => new(contexts, sqlite: _database);

    public override ChatDbContext CreateContext()
    {
        var options = new DbContextOptionsBuilder<SqliteChatDbContext>();
        SqliteChatDbContext.Configure(options, _database);
        return new SqliteChatDbContext(options.Options);
    }

    protected override async Task StartAsync()
    {
        await using var context = CreateContext();
        await context.Database.MigrateAsync();
        (_inbox, _lanes) = Another();
        _watch = new SqliteLaneWatch(_hotPaths[0]);
        _retention = new SqliteRetentionStore(_hotPaths[0]);
        _budgets = new SqliteBudgetStore(_hotPaths[0]);
        _erasures = new SqliteErasureStore(_hotPaths[0]);
    }

    protected override async Task StopAsync()
    {
        foreach (var hotPath in _hotPaths)
        {
            await hotPath.DisposeAsync();
        }
        _database.Dispose();
        _folder.Delete(recursive: true);
    }

    protected override string Interval(TimeSpan time) => Number(time.TotalMicroseconds);
}
