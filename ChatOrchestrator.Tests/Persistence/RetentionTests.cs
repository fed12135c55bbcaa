namespace ChatOrchestrator.Tests.Persistence;

[NeedsPostgres]
[Collection(PostgresTestStore.Collection)]
public sealed class PostgresRetentionTests(PostgresTestStore store) : RetentionSuite(store);

[Collection(SqliteTestStore.Collection)]
public sealed class SqliteRetentionTests(SqliteTestStore store) : RetentionSuite(store);
