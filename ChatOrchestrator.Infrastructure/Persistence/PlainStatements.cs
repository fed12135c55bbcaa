using System.Data.Common;
using ChatOrchestrator.Infrastructure.Persistence.Model;
using ChatOrchestrator.Infrastructure.Persistence.Sqlite;
using Microsoft.Data.Sqlite;
using Npgsql;
using NpgsqlTypes;

namespace ChatOrchestrator.Infrastructure.Persistence;

/// <summary>Statements that both stores understand, on a connection of either.</summary>
internal static class PlainStatements
{
    /// <summary>Its parameters are <c>$1</c>, <c>$2</c>… on both stores; times and <see cref="StoredJson"/> are as the store keeps them.</summary>
    public static DbCommand Statement(this DbConnection connection, string sql, params ReadOnlySpan<object?> values)
    {
        var isSqlite = connection is SqliteConnection;
        var command = connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters.Add(isSqlite
                ? new SqliteParameter { ParameterName = $"${i + 1}", Value = OnSqlite(values[i]) ?? DBNull.Value }
                : OnPostgres(values[i]));
        }
        return command;
    }

    public static async Task<int> RunAsync(this DbConnection connection, string sql, CancellationToken cancellationToken, params object?[] values)
    {
        await using var command = connection.Statement(sql, values);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public static async Task<List<T>> ListAsync<T>(
        this DbConnection connection, string sql, Func<DbDataReader, T> read, CancellationToken cancellationToken, params object?[] values)
    {
        await using var command = connection.Statement(sql, values);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var found = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
        {
            found.Add(read(reader));
        }
        return found;
    }

    /// <summary><c>$3, $4</c>…: a list of values in a statement that has other parameters before them.</summary>
    public static string Parameters(int first, int count) => string.Join(", ", Enumerable.Range(first, count).Select(i => $"${i}"));

    /// <summary>A time as the store keeps it.</summary>
    public static DateTimeOffset GetTime(this DbDataReader reader, int column) =>
        reader is SqliteDataReader ? DateTimeOffset.UnixEpoch.AddMicroseconds(reader.GetInt64(column)) : reader.GetFieldValue<DateTimeOffset>(column);

    public static DateTimeOffset? GetTimeOrNull(this DbDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetTime(column);

    public static string? GetText(this DbDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static object? OnSqlite(object? value) => value switch
    {
        DateTimeOffset time => SqliteSession.Micros(time),
        StoredJson json => json.Text,
        _ => value,
    };

    private static NpgsqlParameter OnPostgres(object? value) => value is StoredJson json
        ? new NpgsqlParameter { Value = (object?)json.Text ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Jsonb }
        : new NpgsqlParameter { Value = value ?? DBNull.Value };
}

/// <summary>A JSON document among the values of a statement: text on SQLite, a type of its own on Postgres.</summary>
/// <param name="Text">Null: there is none.</param>
internal sealed record StoredJson(string? Text)
{
    public static StoredJson Of<T>(T value) => new(Converters.Write(value));
}
