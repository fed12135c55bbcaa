using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Persistence.Postgres;
using Npgsql;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>A statement that is ended at a time limit, the server's or ours, is told from a store that is away.</summary>
[NeedsPostgres]
[Collection(PostgresTestStore.Collection)]
public sealed class PostgresTimeLimitTests(PostgresTestStore store) : StoreSuite(store)
{
    private const string ForEver = "SELECT pg_sleep(600)";

    [StoreFact]
    public async Task The_servers_limit()
    {
        await using var hotPath = new PostgresHotPath(((PostgresTestStore)Store).ConnectionString);
        await Should.ThrowAsync<StatementTimedOutException>(() => RunAsync(hotPath, "SET statement_timeout = 1", ForEver));
    }

    [StoreFact]
    public async Task Our_limit()
    {
        await using var hotPath = new PostgresHotPath(((PostgresTestStore)Store).ConnectionString);
        await Should.ThrowAsync<StatementTimedOutException>(() => hotPath.RunAsync(
            async (connection, token) =>
            {
                await using var command = new NpgsqlCommand(ForEver, connection) { CommandTimeout = 1 };
                return await command.ExecuteNonQueryAsync(token);
            },
            default));
    }

    [StoreFact]
    public async Task A_session_that_is_ended_is_a_store_that_is_away()
    {
        await using var hotPath = new PostgresHotPath(((PostgresTestStore)Store).ConnectionString);
        var e = await Should.ThrowAsync<StoreUnavailableException>(() => RunAsync(hotPath, "SELECT pg_terminate_backend(pg_backend_pid())"));
        StatementTimedOutException.IsStoreAway(e).ShouldBeTrue();
    }

    private static Task<int> RunAsync(PostgresHotPath hotPath, params string[] statements) => hotPath.RunAsync(
        async (connection, token) =>
        {
            foreach (var statement in statements)
            {
                await using var command = new NpgsqlCommand(statement, connection);
                await command.ExecuteNonQueryAsync(token);
            }
            return 0;
        },
        default);
}
