namespace ChatOrchestrator.Tests.Persistence;

[NeedsPostgres]
[Collection(PostgresTestStore.Collection)]
public sealed class PostgresAuditTests(PostgresTestStore store) : AuditSuite(store);

[Collection(SqliteTestStore.Collection)]
public sealed class SqliteAuditTests(SqliteTestStore store) : AuditSuite(store);
