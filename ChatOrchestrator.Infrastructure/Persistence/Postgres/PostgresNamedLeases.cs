using ChatOrchestrator.Application.Ports;
using Npgsql;
using NpgsqlTypes;

namespace ChatOrchestrator.Infrastructure.Persistence.Postgres;

internal sealed class PostgresNamedLeases(PostgresHotPath hotPath) : INamedLeases
{
    private const string Acquire = """
        INSERT INTO leases AS l (name, owner, expires_at) VALUES ($1, $2, now() + $3)
        ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at
            WHERE l.owner = excluded.owner OR l.expires_at < now()
        """;

    private const string Holders = "SELECT name, owner FROM leases WHERE name = ANY($1) AND expires_at > now()";

    private const string Release = "DELETE FROM leases WHERE name = $1 AND owner = $2";

    public Task<bool> TryAcquireAsync(string name, string owner, TimeSpan duration, CancellationToken cancellationToken) =>
        hotPath.RunAsync(
            async (connection, token) =>
            {
                await using var command = new NpgsqlCommand(Acquire, connection).Value(name).Value(owner).Value(duration);
                return await command.ExecuteNonQueryAsync(token) == 1;
            },
            cancellationToken);

    public Task ReleaseAsync(string name, string owner, CancellationToken cancellationToken) =>
        hotPath.RunAsync(
            async (connection, token) =>
            {
                await using var command = new NpgsqlCommand(Release, connection).Value(name).Value(owner);
                return await command.ExecuteNonQueryAsync(token);
            },
            cancellationToken);

    public Task<IReadOnlyDictionary<string, string>> HoldersAsync(IReadOnlyCollection<string> names, CancellationToken cancellationToken) =>
        hotPath.RunAsync<IReadOnlyDictionary<string, string>>(
            async (connection, token) =>
            {
                var holders = new Dictionary<string, string>();
                await using var command = new NpgsqlCommand(Holders, connection).Column([.. names], NpgsqlDbType.Text, n => n);
                await using var reader = await command.ExecuteReaderAsync(token);
                while (await reader.ReadAsync(token))
                {
                    holders[reader.GetString(0)] = reader.GetString(1);
                }
                return holders;
            },
            cancellationToken);
}
