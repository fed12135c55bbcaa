using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Infrastructure.Persistence;

/// <summary>A store's schema.</summary>
/// <param name="Applied">The migrations that it has had.</param>
/// <param name="Pending">Those that it has not, in their order.</param>
/// <param name="Newer">Those that this program does not know.</param>
public sealed record StoreSchema(IReadOnlyList<string> Applied, IReadOnlyList<string> Pending, IReadOnlyList<string> Newer);

/// <summary>Compares the store's schema with what this program knows, as EF Core would, without EF Core: at every start, and mostly there is nothing to do.</summary>
internal static class ReadSchema
{
    private const string Migrations = "ChatOrchestrator.Infrastructure.Persistence.Migrations";
    private const string Applied = $"SELECT migration_id FROM {ChatDbContext.MigrationsTable} ORDER BY migration_id";
    private const string HasHistoryOnPostgres = $"SELECT 1 WHERE to_regclass('{ChatDbContext.MigrationsTable}') IS NOT NULL";
    private const string HasHistoryOnSqlite = $"SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '{ChatDbContext.MigrationsTable}'";

    /// <param name="file">SQLite's; null: it is Postgres, or the file is there.</param>
    /// <exception cref="StoreUnavailableException">The store does not answer.</exception>
    public static async Task<StoreSchema> HandleAsync(ChatDatabase database, string? file, CancellationToken cancellationToken)
    {
        var known = Known(database.IsPostgres);
        // To open an SQLite file makes it.
        var hasHistory = (file is null || File.Exists(file))
            && (await database.ListAsync(database.IsPostgres ? HasHistoryOnPostgres : HasHistoryOnSqlite, row => row.GetInt32(0), cancellationToken)).Count > 0;
        var applied = hasHistory ? await database.ListAsync(Applied, row => row.GetString(0), cancellationToken) : [];
        return new StoreSchema(applied, [.. known.Except(applied)], [.. applied.Except(known)]);
    }

    /// <summary>The migrations of this program, in their order.</summary>
    internal static IReadOnlyList<string> Known(bool onPostgres) =>
        [.. AssemblyTypes.FindAttributes(typeof(ReadSchema).Assembly, $"{Migrations}.{(onPostgres ? "Postgres" : "Sqlite")}", "MigrationAttribute").Order(StringComparer.Ordinal)];
}
