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
    private const string Applied = $"SELECT migration_id FROM {ChatDbContext.MigrationsTable} ORDER BY migration_id";
    private const string HasHistoryOnPostgres = $"SELECT 1 WHERE to_regclass('{ChatDbContext.MigrationsTable}') IS NOT NULL";
    private const string HasHistoryOnSqlite = $"SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '{ChatDbContext.MigrationsTable}'";

    // A new migration is added here too (a test says so): to look for them takes EF Core, or a reader of metadata.
    private static readonly string[] OnPostgres =
    [
        "20261124130142_Initial",
        "20261127054008_AddContent",
        "20261127065944_AddListenerStates",
        "20261127070252_AddIdentity",
        "20261127072113_AddPrivacy",
        "20261127092226_AddBudgets",
        "20261127101359_AddNotifications",
        "20261127102751_AddSafety",
        "20261127124854_AddInsightAnalytics",
    ];

    private static readonly string[] OnSqlite =
    [
        "20261124130200_Initial",
        "20261127054010_AddContent",
        "20261127065946_AddListenerStates",
        "20261127070306_AddIdentity",
        "20261127072116_AddPrivacy",
        "20261127092229_AddBudgets",
        "20261127101403_AddNotifications",
        "20261127102756_AddSafety",
        "20261127124856_AddInsightAnalytics",
    ];

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
    internal static IReadOnlyList<string> Known(bool onPostgres) => onPostgres ? OnPostgres : OnSqlite;
}
