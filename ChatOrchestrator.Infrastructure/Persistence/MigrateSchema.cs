using ChatOrchestrator.Infrastructure.Persistence.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;

namespace ChatOrchestrator.Infrastructure.Persistence;

/// <summary>The schema could not be brought up to date; the store is as it was. The message holds nothing of what is stored.</summary>
public sealed class MigrationFailedException(string reason, Exception inner) : Exception($"The migration failed, and the database is as it was before: {reason}.", inner);

/// <summary>
/// Applies what is pending, all of it or nothing: a database between two versions fits neither program. Postgres does that
/// with one transaction. SQLite cannot (some changes rebuild tables outside of one), so the file is copied first and put back.
/// </summary>
internal static class MigrateSchema
{
    private const string CopySuffix = ".before-migration";

    /// <exception cref="MigrationFailedException">Nothing was changed.</exception>
    public static async Task HandleAsync(ChatDbContext context, SqliteDatabase? sqlite, CancellationToken cancellationToken)
    {
        try
        {
            if (sqlite is null)
            {
                await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
                // EF Core would look for its table by a statement that may fail, which ends the transaction.
                await context.Database.ExecuteSqlRawAsync(context.GetService<IHistoryRepository>().GetCreateIfNotExistsScript(), cancellationToken);
                await context.Database.MigrateAsync(cancellationToken);
                await transaction.CommitAsync(cancellationToken);
            }
            else
            {
                await MigrateFileAsync(context, sqlite, cancellationToken);
            }
        }
        catch (PostgresException e) when (!ChatDatabase.IsUnavailable(e))
        {
            throw new MigrationFailedException($"{e.MessageText} ({e.SqlState})", e);
        }
        catch (SqliteException e) when (!ChatDatabase.IsUnavailable(e))
        {
            throw new MigrationFailedException(e.Message, e);
        }
    }

    private static async Task MigrateFileAsync(ChatDbContext context, SqliteDatabase sqlite, CancellationToken cancellationToken)
    {
        if (!File.Exists(sqlite.Path))
        {
            await context.Database.MigrateAsync(cancellationToken);
            return;
        }
        var copy = sqlite.Path + CopySuffix;
        await CopyAsync(sqlite, copy, cancellationToken);
        try
        {
            // EF Core's own lock is a row that a process killed while migrating leaves behind; nobody else is here.
            await context.Database.ExecuteSqlRawAsync("DROP TABLE IF EXISTS \"__EFMigrationsLock\"", cancellationToken);
            await context.Database.MigrateAsync(cancellationToken);
        }
        catch
        {
            await context.Database.CloseConnectionAsync();
            SqliteConnection.ClearAllPools();
            foreach (var suffix in (ReadOnlySpan<string>)["-wal", "-shm"])
            {
                File.Delete(sqlite.Path + suffix);
            }
            File.Move(copy, sqlite.Path, overwrite: true);
            throw;
        }
        File.Delete(copy);
    }

    private static async Task CopyAsync(SqliteDatabase sqlite, string copy, CancellationToken cancellationToken)
    {
        File.Delete(copy);
        await using var from = await sqlite.OpenAsync(cancellationToken);
        await using var to = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = copy, Pooling = false }.ConnectionString);
        await to.OpenAsync(cancellationToken);
        from.BackupDatabase(to);
    }
}
