using ChatOrchestrator.Infrastructure.Persistence;
using ChatOrchestrator.Infrastructure.Persistence.Postgres;
using ChatOrchestrator.Infrastructure.Persistence.Sqlite;
using ChatOrchestrator.Tests.ApiService;
using ChatOrchestrator.Tests.Fixtures;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Migrations.Operations;

namespace ChatOrchestrator.Tests.Cli;

public sealed class MigrateTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("chat-migrate-");

    [PostgresFact]
    public async Task On_Postgres_a_failed_migration_leaves_the_database_as_it_was()
    {
        await using var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        var settings = ApiProcess.Settings();
        settings["ConnectionStrings__chatdb"] = database.ConnectionString;
        var options = new DbContextOptionsBuilder<PostgresChatDbContext>();
        PostgresChatDbContext.Configure(options, database.ConnectionString);

        await FailAsync(settings, () => new PostgresChatDbContext(options.Options), """
            SELECT coalesce(string_agg(format('%s.%s %s', table_name, column_name, data_type), E'\n' ORDER BY table_name, column_name), '') AS "Value"
            FROM information_schema.columns WHERE table_schema = 'public'
            """);
    }

    [Fact]
    public async Task On_SQLite_a_failed_migration_leaves_the_file_as_it_was()
    {
        var path = Path.Combine(_folder.FullName, "chat.db");
        var settings = ApiProcess.Settings();
        settings["Storage__Path"] = path;
        var options = new DbContextOptionsBuilder<SqliteChatDbContext>();
        SqliteChatDbContext.Configure(options, new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ConnectionString);

        await FailAsync(settings, () => new SqliteChatDbContext(options.Options), """SELECT group_concat(sql, char(10)) AS "Value" FROM (SELECT sql FROM sqlite_master ORDER BY name)""");

        _folder.GetFiles("*before-migration*").ShouldBeEmpty();
    }

    [PostgresFact]
    public async Task Two_at_a_time_wait_for_each_other_and_a_newer_database_is_refused_by_name()
    {
        await using var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        var settings = ApiProcess.Settings();
        settings["ConnectionStrings__chatdb"] = database.ConnectionString;

        (await Chat.DoAsync(settings, "migrate", "--dry-run")).ShouldContain("nothing was changed");
        var both = await Task.WhenAll(Chat.RunAsync(settings, "migrate"), Chat.RunAsync(settings, "migrate"));

        both.ShouldAllBe(run => run.Code == 0, $"{both[0].Output}\n{both[1].Output}");
        (await Chat.DoAsync(settings, "migrate", "--dry-run")).ShouldContain("The schema is up to date.");

        await using (var source = Npgsql.NpgsqlDataSource.Create(database.ConnectionString))
        await using (var command = source.CreateCommand("INSERT INTO __migrations VALUES ('99991231235959_FromTheFuture', '99.0.0')"))
        {
            await command.ExecuteNonQueryAsync();
        }
        var (code, output) = await Chat.RunAsync(settings, "migrate");
        (code, output.Contains("99991231235959_FromTheFuture", StringComparison.Ordinal)).ShouldBe((2, true), output);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Leaves the database at its first version, with something in the way of the last migration: those between would succeed.</summary>
    private static async Task FailAsync(Dictionary<string, string?> settings, Func<ChatDbContext> open, string schema)
    {
        string before, last;
        await using (var context = open())
        {
            var migrations = context.GetService<IMigrationsAssembly>();
            var all = context.Database.GetMigrations().ToList();
            all.Count.ShouldBeGreaterThan(2);
            (last, var table) = all.Skip(2)
                .Select(name => (name, migrations.CreateMigration(migrations.Migrations[name], context.Database.ProviderName!).UpOperations.OfType<CreateTableOperation>().FirstOrDefault()?.Name))
                .Last(m => m.Name is not null);
            await context.GetService<IMigrator>().MigrateAsync(all[0]);
            var obstacle = $"CREATE TABLE {table} (in_the_way int)";
            await context.Database.ExecuteSqlRawAsync(obstacle);
            before = await SchemaAsync(context);
        }

        var (code, output) = await Chat.RunAsync(settings, "migrate");

        code.ShouldBe(4, output);
        output.ShouldContain("as it was before");
        await using (var context = open())
        {
            (await SchemaAsync(context)).ShouldBe(before);
            (await context.Database.GetAppliedMigrationsAsync()).ShouldHaveSingleItem();
        }
        (await Chat.DoAsync(settings, "migrate", "--dry-run")).ShouldContain(last);

        async Task<string> SchemaAsync(ChatDbContext context) => (await context.Database.SqlQueryRaw<string>(schema).ToListAsync()).Single();
    }
}
