using ChatOrchestrator.Application;
using Npgsql;

namespace ChatOrchestrator.Infrastructure.Persistence.Postgres;

/// <summary>
/// A process without Redis must be the only one on its store: nothing would wake the others. Every process holds an
/// advisory lock for as long as it lives, shared when it has Redis and exclusive when it has not.
/// </summary>
internal sealed class PostgresCompany(NpgsqlDataSource source, bool alone) : IAsyncDisposable
{
    // Any number will do, as long as every version of this product uses the same one.
    private const long Lock = 0x43_48_41_54_01;

    private NpgsqlConnection? _connection;

    /// <exception cref="ConfigurationException">This process, or one that runs already, has no Redis.</exception>
    public async Task JoinAsync(CancellationToken cancellationToken)
    {
        _connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(alone ? "SELECT pg_try_advisory_lock($1)" : "SELECT pg_try_advisory_lock_shared($1)", _connection);
        command.Parameters.AddWithValue(Lock);
        if (!(bool)(await command.ExecuteScalarAsync(cancellationToken))!)
        {
            throw new ConfigurationException("ConnectionStrings:redis", alone
                ? "other processes use this database; with several processes Redis is required."
                : "a process without Redis uses this database; with several processes all of them need Redis.");
        }
    }

    public ValueTask DisposeAsync() => _connection?.DisposeAsync() ?? ValueTask.CompletedTask;
}
