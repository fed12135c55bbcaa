using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Infrastructure.Persistence;
using ChatOrchestrator.Infrastructure.Persistence.Administration;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>The audit log keeps what it was told.</summary>
public abstract class AuditSuite(TestStore store) : StoreSuite(store)
{
    [StoreFact]
    public async Task What_is_in_the_audit_log_is_neither_changed_nor_deleted()
    {
        var log = new AuditLog(new ChatDatabase(new Contexts(Store)));
        var bot = BotId.New();
        var entry = AuditEntry.Of(new Actor("tester", "192.0.2.1"), "test.done", "test", Guid.NewGuid(), TimeProvider.System.GetUtcNow(), bot, before: new { a = 1 }, after: new { a = 2 });
        await log.AppendAsync(entry, default);

        foreach (var sql in new[] { "UPDATE audit_log SET actor = 'nobody'", "DELETE FROM audit_log", "DELETE FROM audit_log WHERE action = 'test.done'" })
        {
            (await Should.ThrowAsync<System.Data.Common.DbException>(() => Store.ExecuteAsync(sql))).Message.ShouldContain("append-only");
        }

        var kept = (await log.ListAsync(new AuditFilter(BotScope.All, bot), new PageRequest(10, null), default)).Items.ShouldHaveSingleItem();
        (kept.Actor, kept.Address, kept.BotId).ShouldBe(("tester", "192.0.2.1", bot.Value));
        kept.After.ShouldNotBeNull().Replace(" ", "", StringComparison.Ordinal).ShouldBe("""{"a":2}""");
        (await log.ListAsync(new AuditFilter(new BotScope([BotId.New()])), new PageRequest(10, null), default)).Items.ShouldBeEmpty();
    }

    private sealed class Contexts(TestStore store) : IDbContextFactory<ChatDbContext>
    {
        public ChatDbContext CreateDbContext() => store.CreateContext();
    }
}
