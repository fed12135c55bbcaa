using System.Data.Common;
using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Infrastructure.Persistence.Administration;

/// <summary>A row of the table <c>connections</c>.</summary>
internal static class ConnectionRow
{
    /// <summary>Of a connection c.</summary>
    public const string Columns =
        "c.id, c.bot_id, c.platform, c.display_name, c.settings, c.protected_secrets, c.disabled_reason, c.version, c.created_at, c.updated_at";

    /// <summary>How many <see cref="Columns"/> there are: what is read beside them comes behind.</summary>
    public const int Count = 10;

    public static PlatformConnection Read(DbDataReader row) => PlatformConnection.FromStore(
        new ConnectionId(row.GetGuid(0)),
        new BotId(row.GetGuid(1)),
        PlatformName.From(row.GetString(2)),
        row.GetString(3),
        row.GetString(4),
        row.GetString(5),
        row.GetText(6),
        row.GetInt32(7),
        row.GetTime(8),
        row.GetTime(9));
}
