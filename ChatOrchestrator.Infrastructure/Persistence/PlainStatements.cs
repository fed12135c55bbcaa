using System.Data.Common;
using ChatOrchestrator.Infrastructure.Persistence.Sqlite;
using Microsoft.Data.Sqlite;

namespace ChatOrchestrator.Infrastructure.Persistence;

/// <summary>Statements that both stores understand, on a connection of either.</summary>
internal static class PlainStatements
{
    /// <summary>Its parameters are <c>$1</c>, <c>$2</c>… on both stores; times are as the store keeps them.</summary>
    public static DbCommand Statement(this DbConnection connection, string sql, params ReadOnlySpan<object> values)
    {
        var isSqlite = connection is SqliteConnection;
        var command = connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 0; i < values.Length; i++)
        {
            var parameter = command.CreateParameter();
            if (isSqlite)
            {
                parameter.ParameterName = $"${i + 1}";
            }
            parameter.Value = isSqlite && values[i] is DateTimeOffset time ? SqliteSession.Micros(time) : values[i];
            command.Parameters.Add(parameter);
        }
        return command;
    }

    public static async Task<int> RunAsync(this DbConnection connection, string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = connection.Statement(sql, values);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>A time as the store keeps it.</summary>
    public static DateTimeOffset GetTime(this DbDataReader reader, int column) =>
        reader is SqliteDataReader ? DateTimeOffset.UnixEpoch.AddMicroseconds(reader.GetInt64(column)) : reader.GetFieldValue<DateTimeOffset>(column);

    public static string? GetText(this DbDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
}
