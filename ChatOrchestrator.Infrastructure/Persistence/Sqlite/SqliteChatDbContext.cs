using ChatOrchestrator.Infrastructure.Persistence.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace ChatOrchestrator.Infrastructure.Persistence.Sqlite;

public sealed class SqliteChatDbContext(DbContextOptions<SqliteChatDbContext> options) : ChatDbContext(options)
{
    protected override string JsonColumnType => "TEXT";

    internal static void Configure(DbContextOptionsBuilder options, SqliteDatabase database)
    {
        Configure(options, database.ConnectionString);
        options.AddInterceptors(new SqliteDatabase.SetPragmas());
    }

    internal static void Configure(DbContextOptionsBuilder options, string connectionString) =>
        options.UseSqlite(connectionString, sqlite => sqlite.MigrationsHistoryTable(MigrationsTable)).UseSnakeCaseNamingConvention();

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        base.ConfigureConventions(configurationBuilder);
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<Converters.UnixMicroseconds>();
    }

    /// <summary>For <c>dotnet ef migrations add --context SqliteChatDbContext</c>; opens nothing.</summary>
    internal sealed class DesignTimeFactory : IDesignTimeDbContextFactory<SqliteChatDbContext>
    {
        public SqliteChatDbContext CreateDbContext(string[] args)
        {
            var options = new DbContextOptionsBuilder<SqliteChatDbContext>();
            Configure(options, "Data Source=:memory:");
            return new SqliteChatDbContext(options.Options);
        }
    }
}
