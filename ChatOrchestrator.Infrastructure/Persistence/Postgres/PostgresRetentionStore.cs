using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using Npgsql;

namespace ChatOrchestrator.Infrastructure.Persistence.Postgres;

internal sealed class PostgresRetentionStore(PostgresHotPath hotPath) : IRetentionStore
{
    /// <summary>
    /// $1 bot, $2 after, $3 conversations, $4 before, $5 messages of each. Cursors only move forward, so nothing needs to be
    /// locked: what has been handled or delivered stays so. Rows are named by key (ANY, OFFSET 0), whatever the planner
    /// makes of the numbers.
    /// </summary>
    public const string DeleteMessages = """
        WITH slice AS MATERIALIZED (
            SELECT id FROM conversations WHERE bot_id = $1 AND id > $2 ORDER BY id LIMIT $3
        ), oldest AS MATERIALIZED (
            SELECT m.conversation_id, m.sequence, m.id, bool_and(m.created_at < $4 AND CASE WHEN m.author = 0 THEN m.sequence <= l.handled_sequence
                    ELSE m.sequence <= l.delivered_sequence AND NOT EXISTS (SELECT 1 FROM parts p WHERE p.message_id = m.id AND p.state IN (0, 1, 2) OFFSET 0) END)
                OVER (PARTITION BY m.conversation_id ORDER BY m.sequence) AS gone
            FROM slice s
            CROSS JOIN LATERAL (SELECT handled_sequence, delivered_sequence FROM lanes WHERE conversation_id = s.id OFFSET 0) l
            CROSS JOIN LATERAL (SELECT * FROM messages w WHERE w.conversation_id = s.id ORDER BY w.sequence LIMIT $5) m
        ), gone AS MATERIALIZED (
            SELECT conversation_id, sequence, id FROM oldest WHERE gone
        ), emptied AS MATERIALIZED (
            SELECT conversation_id, max(sequence) AS through, count(*) AS messages FROM gone GROUP BY conversation_id
        ), parts_gone AS (
            DELETE FROM parts WHERE message_id = ANY(ARRAY(SELECT id FROM gone))
        ), timeline_gone AS (
            DELETE FROM timeline_events WHERE message_id = ANY(ARRAY(SELECT id FROM gone))
        ), letters_gone AS (
            DELETE FROM dead_letters WHERE message_id = ANY(ARRAY(SELECT id FROM gone))
        ), moderations_gone AS (
            DELETE FROM moderations WHERE message_id = ANY(ARRAY(SELECT id FROM gone))
        ), insights_gone AS (
            DELETE FROM insights WHERE message_id = ANY(ARRAY(SELECT id FROM gone))
        ), summaries_gone AS (
            DELETE FROM summaries WHERE conversation_id = ANY(ARRAY(SELECT conversation_id FROM emptied))
        ), turns_gone AS (
            DELETE FROM turns WHERE id = ANY(ARRAY(
                SELECT t.id FROM emptied e
                CROSS JOIN LATERAL (SELECT id FROM turns WHERE conversation_id = e.conversation_id AND through_sequence <= e.through OFFSET 0) t))
        ), messages_gone AS (
            DELETE FROM messages WHERE id = ANY(ARRAY(SELECT id FROM gone))
        )
        SELECT (SELECT count(*) FROM gone)::int,
               (SELECT id FROM slice ORDER BY id DESC LIMIT 1), (SELECT count(*) FROM slice)::int,
               EXISTS (SELECT 1 FROM emptied WHERE messages = $5)
        """;

    /// <summary>$1 bot, $2 before, $3 rows of each connection.</summary>
    public const string DeleteEvents = """
        DELETE FROM inbox_events WHERE id = ANY(ARRAY(
            SELECT e.id FROM connections k
            CROSS JOIN LATERAL (SELECT id, created_at FROM inbox_events WHERE connection_id = k.id ORDER BY id LIMIT $3) e
            WHERE k.bot_id = $1 AND e.created_at < $2))
        """;

    private const string ListBots = "SELECT id, (processing->>'retentionDays')::int FROM bots WHERE (processing->>'retentionDays')::int > 0 ORDER BY id";

    public Task<IReadOnlyList<ForgetfulBot>> ListBotsAsync(CancellationToken cancellationToken) =>
        hotPath.RunAsync<IReadOnlyList<ForgetfulBot>>(
            async (connection, token) =>
            {
                await using var command = new NpgsqlCommand(ListBots, connection);
                await using var reader = await command.ExecuteReaderAsync(token);
                var bots = new List<ForgetfulBot>();
                while (await reader.ReadAsync(token))
                {
                    bots.Add(new ForgetfulBot(new BotId(reader.GetGuid(0)), reader.GetInt32(1)));
                }
                return bots;
            },
            cancellationToken);

    public Task<RetentionBatch> DeleteMessagesAsync(BotId bot, DateTimeOffset before, RetentionSlice slice, CancellationToken cancellationToken) =>
        hotPath.RunAsync(
            async (connection, token) =>
            {
                await using var command = new NpgsqlCommand(DeleteMessages, connection)
                    .Value(bot.Value).Value(slice.After.Value).Value(slice.Conversations).Value(before.ToUniversalTime()).Value(slice.Messages);
                await using var reader = await command.ExecuteReaderAsync(token);
                await reader.ReadAsync(token);
                var isLast = reader.GetInt32(2) < slice.Conversations;
                return new RetentionBatch(reader.GetInt32(0), isLast ? null : new ConversationId(reader.GetGuid(1)), reader.GetBoolean(3));
            },
            cancellationToken);

    public Task<int> DeleteEventsAsync(BotId bot, DateTimeOffset before, int rows, CancellationToken cancellationToken) =>
        hotPath.RunAsync(
            async (connection, token) =>
            {
                await using var command = new NpgsqlCommand(DeleteEvents, connection).Value(bot.Value).Value(before.ToUniversalTime()).Value(rows);
                return await command.ExecuteNonQueryAsync(token);
            },
            cancellationToken);
}
