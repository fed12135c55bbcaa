using Npgsql;
using NpgsqlTypes;

namespace ChatOrchestrator.Infrastructure.Persistence.Postgres;

/// <summary>Passes a batch as one array per column, for <c>unnest</c>.</summary>
internal static class Columns
{
    public static NpgsqlCommand Column<TItem, TValue>(this NpgsqlCommand command, IReadOnlyList<TItem> items, NpgsqlDbType type, Func<TItem, TValue> value)
    {
        command.Parameters.Add(Array(items, type, value));
        return command;
    }

    public static NpgsqlBatchCommand Column<TItem, TValue>(this NpgsqlBatchCommand command, IReadOnlyList<TItem> items, NpgsqlDbType type, Func<TItem, TValue> value)
    {
        command.Parameters.Add(Array(items, type, value));
        return command;
    }

    public static NpgsqlCommand Value<T>(this NpgsqlCommand command, T value)
    {
        command.Parameters.Add(new NpgsqlParameter<T> { TypedValue = value });
        return command;
    }

    public static NpgsqlBatchCommand Value<T>(this NpgsqlBatchCommand command, T value)
    {
        command.Parameters.Add(new NpgsqlParameter<T> { TypedValue = value });
        return command;
    }

    private static NpgsqlParameter<TValue[]> Array<TItem, TValue>(IReadOnlyList<TItem> items, NpgsqlDbType type, Func<TItem, TValue> value)
    {
        var array = new TValue[items.Count];
        for (var i = 0; i < array.Length; i++)
        {
            array[i] = value(items[i]);
        }
        return new NpgsqlParameter<TValue[]> { TypedValue = array, NpgsqlDbType = NpgsqlDbType.Array | type };
    }
}
