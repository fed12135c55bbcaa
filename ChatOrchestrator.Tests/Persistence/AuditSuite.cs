using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Infrastructure.Persistence.Administration;
using Microsoft.Extensions.Time.Testing;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>The audit log keeps what it was told.</summary>
public abstract class AuditSuite(TestStore store) : StoreSuite(store)
{
    [StoreFact]
    public async Task What_is_in_the_audit_log_is_neither_changed_nor_deleted()
    {
        var log = new AuditLog(Store.Database);
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

    [StoreFact]
    public async Task Each_failure_beyond_the_free_ones_doubles_the_wait_until_the_right_password_comes()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var attempts = new LoginAttempts(Store.Database, time);
        var key = $"account:{Guid.NewGuid()}";
        for (var i = 0; i < 3; i++)
        {
            (await attempts.BeginAsync(key, 3, default)).ShouldBeNull();
        }
        foreach (var seconds in new[] { 1, 2, 4, 8 })
        {
            (await attempts.BeginAsync(key, 3, default)).ShouldNotBeNull().ShouldBe(TimeSpan.FromSeconds(seconds), TimeSpan.FromMilliseconds(1));
            time.Advance(TimeSpan.FromSeconds(seconds));
            (await attempts.BeginAsync(key, 3, default)).ShouldBeNull();
        }
        await attempts.SucceededAsync(key, forget: true, default);
        (await attempts.BeginAsync(key, 3, default)).ShouldBeNull();
        var all = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(() => attempts.BeginAsync(key, 3, default))));
        all.Count(a => a is null).ShouldBe(2, "of many at once each counts");
    }
}
