using System.Data.Common;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Infrastructure.Persistence.Model;

namespace ChatOrchestrator.Infrastructure.Persistence.Administration;

/// <summary>A row of the table <c>bots</c>.</summary>
internal static class BotRow
{
    /// <summary>Of a bot b.</summary>
    public const string Columns = "b.id, b.name, b.ai, b.processing, b.prompt_version, b.version, b.created_at, b.updated_at";

    /// <param name="first">Where <see cref="Columns"/> begin.</param>
    public static Bot Read(DbDataReader row, int first) => Bot.FromStore(
        new BotId(row.GetGuid(first)),
        row.GetString(first + 1),
        Converters.Read<AiSettings>(row.GetString(first + 2)),
        Converters.Read<ProcessingSettings>(row.GetString(first + 3)),
        row.GetInt32(first + 4),
        row.GetInt32(first + 5),
        row.GetTime(first + 6),
        row.GetTime(first + 7));

    public static Bot Read(DbDataReader row) => Read(row, first: 0);
}
