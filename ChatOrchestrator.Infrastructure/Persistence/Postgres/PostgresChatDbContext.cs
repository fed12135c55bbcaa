using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Npgsql;

namespace ChatOrchestrator.Infrastructure.Persistence.Postgres;

public sealed class PostgresChatDbContext(DbContextOptions<PostgresChatDbContext> options) : ChatDbContext(options)
{
    protected override string JsonColumnType => "jsonb";

    internal static void Configure(DbContextOptionsBuilder options, string connectionString) =>
        options.UseNpgsql(connectionString, npgsql => npgsql.MigrationsHistoryTable(MigrationsTable)).UseSnakeCaseNamingConvention();

    internal static DbContextOptionsBuilder Configure(DbContextOptionsBuilder options, NpgsqlDataSource source) =>
        options.UseNpgsql(source, npgsql => npgsql.MigrationsHistoryTable(MigrationsTable)).UseSnakeCaseNamingConvention();

    /// <summary>For <c>dotnet ef migrations add --context PostgresChatDbContext</c>; connects to nothing.</summary>
    internal sealed class DesignTimeFactory : IDesignTimeDbContextFactory<PostgresChatDbContext>
    {
        public PostgresChatDbContext CreateDbContext(string[] args)
        {
            var options = new DbContextOptionsBuilder<PostgresChatDbContext>();
            Configure(options, "Host=localhost");
            return new PostgresChatDbContext(options.Options);
        }
    }
}
