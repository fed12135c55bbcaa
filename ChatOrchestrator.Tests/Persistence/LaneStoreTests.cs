namespace ChatOrchestrator.Tests.Persistence;

[NeedsPostgres]
[Collection(PostgresTestStore.Collection)]
public sealed class PostgresLaneStoreTests(PostgresTestStore store) : LaneStoreSuite(store);

[Collection(SqliteTestStore.Collection)]
public sealed class SqliteLaneStoreTests(SqliteTestStore store) : LaneStoreSuite(store);
