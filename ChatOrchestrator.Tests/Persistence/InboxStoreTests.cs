namespace ChatOrchestrator.Tests.Persistence;

[NeedsPostgres]
[Collection(PostgresTestStore.Collection)]
public sealed class PostgresInboxStoreTests(PostgresTestStore store) : InboxStoreSuite(store);

[Collection(SqliteTestStore.Collection)]
public sealed class SqliteInboxStoreTests(SqliteTestStore store) : InboxStoreSuite(store);
