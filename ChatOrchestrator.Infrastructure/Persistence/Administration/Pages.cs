using ChatOrchestrator.Application.Administration;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace ChatOrchestrator.Infrastructure.Persistence.Administration;

internal static class Pages
{
    /// <summary>Makes a page of up to one item more than were asked for: the one more says that there is a next page.</summary>
    public static Page<T> Of<T>(List<T> items, PageRequest page, Func<T, string> cursor) => items.Count <= page.Limit
        ? new Page<T>(items, null)
        : new Page<T>(items[..page.Limit], cursor(items[page.Limit - 1]));

    /// <summary>Whether a row that something refers to is missing, or is still referred to.</summary>
    public static bool IsForeignKeyViolation(Exception? e) => e switch
    {
        null => false,
        PostgresException p => p.SqlState == PostgresErrorCodes.ForeignKeyViolation,
        SqliteException s => s.SqliteExtendedErrorCode == 787, // SQLITE_CONSTRAINT_FOREIGNKEY
        _ => IsForeignKeyViolation(e.InnerException),
    };

    /// <summary>Whether a row of this key is there already.</summary>
    public static bool IsUniqueViolation(Exception? e) => e switch
    {
        null => false,
        PostgresException p => p.SqlState == PostgresErrorCodes.UniqueViolation,
        SqliteException s => s.SqliteExtendedErrorCode is 1555 or 2067, // SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE
        _ => IsUniqueViolation(e.InnerException),
    };
}
