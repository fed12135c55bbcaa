using ChatOrchestrator.Infrastructure.Persistence.Administration;

namespace ChatOrchestrator.Tests.Persistence;

[NeedsPostgres]
[Collection(PostgresTestStore.Collection)]
public sealed class PostgresListenerStateTests(PostgresTestStore store) : ListenerStateSuite(store);

[Collection(SqliteTestStore.Collection)]
public sealed class SqliteListenerStateTests(SqliteTestStore store) : ListenerStateSuite(store);

/// <summary>Where listeners keep how far they have come.</summary>
public abstract class ListenerStateSuite(TestStore store) : StoreSuite(store)
{
    [StoreFact]
    public async Task A_state_is_replaced_only_by_who_knows_the_one_before()
    {
        var states = new ListenerStates(Store.Database, TimeProvider.System);
        var name = $"discord:{Guid.CreateVersion7()}";
        (await states.FindAsync(name, CancellationToken.None)).ShouldBeNull();
        (await states.ReplaceAsync(name, null, "a", CancellationToken.None)).ShouldBeTrue();
        (await states.ReplaceAsync(name, null, "b", CancellationToken.None)).ShouldBeFalse();
        (await states.ReplaceAsync(name, "a", "b", CancellationToken.None)).ShouldBeTrue();
        (await states.ReplaceAsync(name, "a", "c", CancellationToken.None)).ShouldBeFalse();
        (await states.FindAsync(name, CancellationToken.None)).ShouldBe("b");
    }
}
