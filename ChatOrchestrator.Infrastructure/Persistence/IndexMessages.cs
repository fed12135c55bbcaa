using ChatOrchestrator.Application;
using ChatOrchestrator.Infrastructure.Persistence.Administration;
using Npgsql;

namespace ChatOrchestrator.Infrastructure.Persistence;

/// <summary>
/// The verb <c>index-messages</c>: makes the index for the text of messages, while everything goes on. It is made on demand
/// because every message that comes in pays for it (docs/decisions/0015).
/// </summary>
internal sealed class IndexMessages(NpgsqlDataSource? postgres)
{
    /// <exception cref="ConfigurationException">The store is no Postgres.</exception>
    public async Task HandleAsync(CancellationToken cancellationToken)
    {
        if (postgres is null)
        {
            throw new ConfigurationException("ConnectionStrings:chatdb", "only Postgres has an index for the text of messages.");
        }
        await using var connection = await postgres.OpenConnectionAsync(cancellationToken);
        // One that an interruption left unfinished serves nobody and costs as much.
        await RunAsync(connection, $"""
            DO $$ BEGIN
                IF EXISTS (SELECT 1 FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid
                           WHERE c.relname = '{ConversationSearch.TextIndex}' AND pg_table_is_visible(c.oid) AND NOT i.indisvalid) THEN
                    DROP INDEX {ConversationSearch.TextIndex};
                END IF;
            END $$
            """, cancellationToken);
        await RunAsync(connection, $"CREATE INDEX CONCURRENTLY IF NOT EXISTS {ConversationSearch.TextIndex} ON messages USING gin (to_tsvector('simple', text))", cancellationToken);
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
