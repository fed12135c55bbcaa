using System.Text.Json;
using Npgsql;

namespace ChatOrchestrator.Tests.Persistence;

[NeedsPostgres]
[Collection(PostgresTestStore.Collection)]
public sealed class PostgresAnalyticsTests(PostgresTestStore store) : AnalyticsSuite(store)
{
    [StoreFact]
    public async Task A_message_whose_transaction_ends_late_is_not_left_out()
    {
        var (bot, connection) = await NewBotAsync("telegram");
        var chat = await TestChat.OpenAsync(Inbox, connection: connection, bot: bot);
        await using var source = NpgsqlDataSource.Create(((PostgresTestStore)Store).ConnectionString);
        await using var late = await source.OpenConnectionAsync();
        await using var transaction = await late.BeginTransactionAsync();
        await using var insert = new NpgsqlCommand(
            "INSERT INTO messages (id, connection_id, conversation_id, author, kind, text, created_at) VALUES (gen_random_uuid(), $1, $2, 0, 0, 'late', clock_timestamp())", late);
        insert.Parameters.Add(new() { Value = connection.Value });
        insert.Parameters.Add(new() { Value = chat.Id.Value });
        await insert.ExecuteNonQueryAsync();
        var other = await TestChat.OpenAsync(Inbox, connection: connection, bot: bot);
        await other.SayAsync();

        for (var i = 0; i < 5; i++)
        {
            await Analytics.RollUpAsync(10_000, default);
        }
        (await SumAsync(bot)).Inbound.ShouldBe(0, "its place comes before the other's");
        await transaction.CommitAsync();
        await CatchUpAsync();

        (await SumAsync(bot)).Inbound.ShouldBe(2);
    }

    /// <summary>What is read are ranges of the roll-ups' keys.</summary>
    [StoreFact]
    public async Task Reading_the_numbers_uses_the_keys()
    {
        await using var source = NpgsqlDataSource.Create(((PostgresTestStore)Store).ConnectionString);
        await using var connection = await source.OpenConnectionAsync();
        await using var explain = new NpgsqlCommand(
            "SET enable_seqscan = off; EXPLAIN (FORMAT JSON) SELECT DISTINCT subject FROM analytics_actives WHERE kind = 0 AND grain = 1 AND slot >= 20000 AND slot < 20030", connection);
        var plan = (string)(await explain.ExecuteScalarAsync())!;
        JsonDocument.Parse(plan).RootElement[0].GetProperty("Plan").ToString().ShouldContain("pk_analytics_actives");
    }
}

[Collection(SqliteTestStore.Collection)]
public sealed class SqliteAnalyticsTests(SqliteTestStore store) : AnalyticsSuite(store);
