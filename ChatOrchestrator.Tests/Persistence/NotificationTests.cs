namespace ChatOrchestrator.Tests.Persistence;

[NeedsPostgres]
[Collection(PostgresTestStore.Collection)]
public sealed class PostgresNotificationTests(PostgresTestStore store) : NotificationSuite(store);

[Collection(SqliteTestStore.Collection)]
public sealed class SqliteNotificationTests(SqliteTestStore store) : NotificationSuite(store);
