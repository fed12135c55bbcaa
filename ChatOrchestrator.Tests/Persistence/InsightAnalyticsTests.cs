using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Persistence.Analytics;
using Npgsql;

namespace ChatOrchestrator.Tests.Persistence;

[NeedsPostgres]
[Collection(PostgresTestStore.Collection)]
public sealed class PostgresInsightAnalyticsTests(PostgresTestStore store) : InsightAnalyticsSuite(store)
{
    [StoreFact]
    public async Task An_insight_that_is_being_changed_is_not_waited_for_and_counts_when_it_is()
    {
        var (bot, connection) = await NewBotAsync("telegram");
        var chat = await TestChat.OpenAsync(Inbox, connection: connection, bot: bot);
        var (held, other) = (await SayAsync(chat), await SayAsync(chat));
        await JudgeAsync(bot, held, -1, "refund", Urgency.High);
        await JudgeAsync(bot, other, 1, "praise", Urgency.Low);
        await using var source = NpgsqlDataSource.Create(((PostgresTestStore)Store).ConnectionString);
        await using var late = await source.OpenConnectionAsync();
        await using var transaction = await late.BeginTransactionAsync();
        await using var change = new NpgsqlCommand("UPDATE insights SET intent = 'praise' WHERE message_id = $1", late);
        change.Parameters.Add(new() { Value = held.Id });
        await change.ExecuteNonQueryAsync();

        while ((await Analytics.RollUpAsync(10_000, default)).HasMore)
        {
        }
        (await IntentsAsync(bot)).Select(i => (i.Intent, i.Messages)).ShouldBe([("praise", 1L)]);
        await transaction.CommitAsync();
        await CatchUpAsync();

        (await IntentsAsync(bot)).ShouldBe([new("praise", 2, 1, 0, 1, 0, 1, 0, 1)]);
    }

    /// <summary>Where nothing is due nothing is read: not what was understood in years.</summary>
    [StoreFact]
    public async Task What_is_due_is_found_by_its_index()
    {
        await using var source = NpgsqlDataSource.Create(((PostgresTestStore)Store).ConnectionString);
        await using var connection = await source.OpenConnectionAsync();
        await using var explain = new NpgsqlCommand($"SET enable_seqscan = off; SET enable_sort = off; EXPLAIN {InsightStatements.PostgresTake.Replace("$1", "100", StringComparison.Ordinal)}", connection);
        await using var reader = await explain.ExecuteReaderAsync();
        var plan = new List<string>();
        while (await reader.ReadAsync())
        {
            plan.Add(reader.GetString(0));
        }
        string.Join('\n', plan).ShouldContain(InsightStatements.DueIndex);
        plan.ShouldNotContain(l => l.Contains("Sort", StringComparison.Ordinal), "the index has them in order");
    }
}

[Collection(SqliteTestStore.Collection)]
public sealed class SqliteInsightAnalyticsTests(SqliteTestStore store) : InsightAnalyticsSuite(store);
