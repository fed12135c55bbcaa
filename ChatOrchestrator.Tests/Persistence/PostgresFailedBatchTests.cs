using ChatOrchestrator.Infrastructure.Persistence.Postgres;
using Npgsql;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>The hot path's connections prepare what comes again.</summary>
[NeedsPostgres]
[Collection(PostgresTestStore.Collection)]
public sealed class PostgresFailedBatchTests(PostgresTestStore store) : StoreSuite(store)
{
    [StoreFact]
    public async Task A_batch_that_fails_does_not_harm_the_next_on_its_connection()
    {
        // Before, while and after it is prepared.
        for (var usesBefore = 0; usesBefore < 4; usesBefore++)
        {
            await FailAfterAsync(usesBefore);
        }
    }

    private async Task FailAfterAsync(int usesBefore)
    {
        await using var hotPath = new PostgresHotPath(((PostgresTestStore)Store).ConnectionString);
        for (var i = 0; i < usesBefore; i++)
        {
            (await EchoAsync(hotPath, "before")).ShouldBe("before");
        }

        (await Should.ThrowAsync<PostgresException>(() => EchoAsync(hotPath, "\0"))).SqlState.ShouldBe(PostgresErrorCodes.CharacterNotInRepertoire);

        for (var i = 0; i < 3; i++)
        {
            (await EchoAsync(hotPath, "after")).ShouldBe("after");
        }
    }

    /// <summary>Two statements, of which the second may be refused.</summary>
    private static Task<string> EchoAsync(PostgresHotPath hotPath, string text) => hotPath.RunAsync(
        async (connection, token) =>
        {
            await using var batch = new NpgsqlBatch(connection)
            {
                BatchCommands = { new NpgsqlBatchCommand("SELECT pg_advisory_xact_lock($1)").Value(1L), new NpgsqlBatchCommand("SELECT $1").Value(text) },
            };
            await using var reader = await batch.ExecuteReaderAsync(token);
            await reader.NextResultAsync(token);
            await reader.ReadAsync(token);
            return reader.GetString(0);
        },
        default);
}
