using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Infrastructure.Persistence;
using ChatOrchestrator.Infrastructure.Persistence.Administration;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>What every process reads without EF Core is what EF Core would read.</summary>
public abstract class PlainStatementsSuite(TestStore store) : StoreSuite(store)
{
    [StoreFact]
    public async Task The_schema_and_what_this_program_knows_of_it_are_what_ef_core_says()
    {
        await using var context = Store.CreateContext();

        var schema = await ReadSchema.HandleAsync(Store.Database, file: null, default);

        schema.Applied.ShouldBe(await context.Database.GetAppliedMigrationsAsync());
        ReadSchema.Known(Store.Database.IsPostgres).ShouldBe(context.Database.GetMigrations());
        (schema.Pending.Count + schema.Newer.Count).ShouldBe(0);
    }

    [StoreFact]
    public async Task Only_bots_that_forget_are_listed_for_retention()
    {
        var now = DateTimeOffset.UnixEpoch.AddYears(50);
        var (keeps, forgets) = (new Bot("Keeps", new AiSettings(), new ProcessingSettings(), now), new Bot("Forgets", new AiSettings(), new ProcessingSettings { RetentionDays = 30 }, now));
        var bots = new BotStore(Store.Database);
        await bots.AddAsync(keeps, audit: null, default);
        await bots.AddAsync(forgets, audit: null, default);

        var listed = await Store.Retention.ListBotsAsync(default);

        listed.Single(b => b.Id == forgets.Id).Days.ShouldBe(30);
        listed.ShouldNotContain(b => b.Id == keeps.Id);
    }

    [StoreFact]
    public async Task Times_come_back_as_they_were_given_and_only_what_is_younger_is_counted()
    {
        var chat = await NewChatAsync();
        await chat.SayAsync("hello");
        var at = await ReadAsync(c => c.Conversations.Where(x => x.Id == chat.Id).Select(x => x.LastActivityAt).SingleAsync());

        var read = await Store.Database.ListAsync(
            "SELECT last_activity_at FROM conversations WHERE id = $1 AND last_activity_at >= $2", row => row.GetTime(0), default, chat.Id.Value, at);
        var measuring = new StoreMeasuring(Store.Database);

        read.ShouldBe([at]);
        (await measuring.MeasureAsync(at, default)).ActiveConversations.ShouldBeGreaterThan(0);
        (await measuring.MeasureAsync(at.AddYears(1), default)).ActiveConversations.ShouldBe(0);
    }
}

[NeedsPostgres]
[Collection(PostgresTestStore.Collection)]
public sealed class PostgresPlainStatementsTests(PostgresTestStore store) : PlainStatementsSuite(store);

[Collection(SqliteTestStore.Collection)]
public sealed class SqlitePlainStatementsTests(SqliteTestStore store) : PlainStatementsSuite(store);
