namespace ChatOrchestrator.Tests.Persistence;

[NeedsPostgres]
[Collection(PostgresTestStore.Collection)]
public sealed class PostgresDeadLetterStoreTests(PostgresTestStore store) : DeadLetterStoreSuite(store);

[Collection(SqliteTestStore.Collection)]
public sealed class SqliteDeadLetterStoreTests(SqliteTestStore store) : DeadLetterStoreSuite(store);
