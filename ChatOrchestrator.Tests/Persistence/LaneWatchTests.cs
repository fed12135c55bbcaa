namespace ChatOrchestrator.Tests.Persistence;

[NeedsPostgres]
[Collection(PostgresTestStore.Collection)]
public sealed class PostgresLaneWatchTests(PostgresTestStore store) : LaneWatchSuite(store);

[Collection(SqliteTestStore.Collection)]
public sealed class SqliteLaneWatchTests(SqliteTestStore store) : LaneWatchSuite(store);
