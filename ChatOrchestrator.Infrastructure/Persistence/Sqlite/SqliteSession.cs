using Microsoft.Data.Sqlite;

namespace ChatOrchestrator.Infrastructure.Persistence.Sqlite;

/// <summary>
/// One connection with its prepared statements, used by one call at a time. Values are stored as the EF Core model
/// stores them: ids as upper-case text (the driver's way), times as microseconds since 1970, the rest as integers.
/// </summary>
internal sealed class SqliteSession : IDisposable
{
    // Statements are constants: the same text is the same object.
    private readonly Dictionary<string, SqliteCommand> _commands = new(ReferenceEqualityComparer.Instance);
    private readonly SqliteConnection _connection;
    private readonly TimeProvider _time;

    private SqliteSession(SqliteConnection connection, TimeProvider time) => (_connection, _time) = (connection, time);

    /// <summary>The time of this transaction, in microseconds since 1970.</summary>
    public long Now { get; private set; }

    public static SqliteSession Open(string connectionString, TimeProvider time)
    {
        // Not pooled: a connection that failed must be gone when it is closed. The driver itself tries again for this
        // many seconds when the file is locked, beside SQLite's own busy_timeout.
        var settings = new SqliteConnectionStringBuilder(connectionString) { Pooling = false, DefaultTimeout = 5 };
        var connection = new SqliteConnection(settings.ConnectionString);
        try
        {
            connection.Open();
            using var pragmas = connection.CreateCommand();
            pragmas.CommandText = SqliteDatabase.Pragmas;
            pragmas.ExecuteNonQuery();
            return new SqliteSession(connection, time);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Reads the clock, for everything that follows in this transaction.</summary>
    public void Tick() => Now = Micros(_time.GetUtcNow());

    /// <summary>Runs a statement; its parameters are <c>$1</c>, <c>$2</c>… Returns how many rows it changed.</summary>
    public int Run(string sql, params ReadOnlySpan<object?> values) => Bind(sql, values).ExecuteNonQuery();

    /// <summary>Runs a query. The reader must be disposed before the same statement is run again.</summary>
    public SqliteDataReader Query(string sql, params ReadOnlySpan<object?> values) => Bind(sql, values).ExecuteReader();

    /// <summary>The integer of the first row, or null when there is none.</summary>
    public long? Number(string sql, params ReadOnlySpan<object?> values) => Bind(sql, values).ExecuteScalar() as long?;

    public void Dispose()
    {
        foreach (var command in _commands.Values)
        {
            command.Dispose();
        }
        _connection.Dispose();
    }

    public static long Micros(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    public static long? Micros(DateTimeOffset? time) => time is { } t ? Micros(t) : null;

    public static long Micros(TimeSpan duration) => duration.Ticks / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset Time(long micros) => DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond);

    private SqliteCommand Bind(string sql, ReadOnlySpan<object?> values)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = _connection.CreateCommand();
            command.CommandText = sql;
            for (var i = 1; i <= values.Length; i++)
            {
                command.Parameters.Add(new SqliteParameter { ParameterName = "$" + i });
            }
            _commands.Add(sql, command);
        }
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        }
        return command;
    }
}
