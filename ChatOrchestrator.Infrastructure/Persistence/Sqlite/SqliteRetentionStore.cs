using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;

namespace ChatOrchestrator.Infrastructure.Persistence.Sqlite;

internal sealed class SqliteRetentionStore(SqliteHotPath hotPath) : IRetentionStore
{
    /// <summary>$1 bot, $2 after, $3 conversations.</summary>
    private const string Slice = "SELECT id FROM conversations WHERE bot_id = $1 AND id > $2 ORDER BY id LIMIT $3";

    /// <summary>$1 conversation, $2 before, $3 messages. The oldest, up to the first that waits, is not delivered or is not old.</summary>
    private const string Oldest = """
        SELECT id, sequence FROM (
            SELECT m.id, m.sequence, min(m.created_at < $2 AND CASE WHEN m.author = 0 THEN m.sequence <= l.handled_sequence
                    ELSE m.sequence <= l.delivered_sequence AND NOT EXISTS (SELECT 1 FROM parts p WHERE p.message_id = m.id AND p.state IN (0, 1, 2)) END)
                OVER (ORDER BY m.sequence) AS gone
            FROM (SELECT id, sequence, author, created_at FROM messages WHERE conversation_id = $1 ORDER BY sequence LIMIT $3) m
            JOIN lanes l ON l.conversation_id = $1)
        WHERE gone
        """;

    private const string DeleteParts = "DELETE FROM parts WHERE message_id = $1";
    private const string DeleteTimeline = "DELETE FROM timeline_events WHERE message_id = $1";
    private const string DeleteLetters = "DELETE FROM dead_letters WHERE message_id = $1";
    private const string DeleteInsight = "DELETE FROM insights WHERE message_id = $1";
    private const string DeleteModerations = "DELETE FROM moderations WHERE message_id = $1";
    private const string DeleteMessage = "DELETE FROM messages WHERE id = $1";

    /// <summary>$1 conversation.</summary>
    private const string DeleteSummary = "DELETE FROM summaries WHERE conversation_id = $1";

    /// <summary>$1 conversation, $2 through.</summary>
    private const string DeleteTurns = "DELETE FROM turns WHERE conversation_id = $1 AND through_sequence <= $2";

    /// <summary>$1 bot.</summary>
    private const string Connections = "SELECT id FROM connections WHERE bot_id = $1";

    /// <summary>$1 connection, $2 before, $3 rows.</summary>
    private const string DeleteEvents = """
        DELETE FROM inbox_events WHERE id IN (
            SELECT id FROM (SELECT id, created_at FROM inbox_events WHERE connection_id = $1 ORDER BY id LIMIT $3) WHERE created_at < $2)
        """;

    private const string ListBots = "SELECT id, json_extract(processing, '$.retentionDays') FROM bots WHERE json_extract(processing, '$.retentionDays') > 0 ORDER BY id";

    public Task<IReadOnlyList<ForgetfulBot>> ListBotsAsync(CancellationToken cancellationToken) =>
        hotPath.ReadAsync<IReadOnlyList<ForgetfulBot>>(
            session =>
            {
                var bots = new List<ForgetfulBot>();
                using var reader = session.Query(ListBots);
                while (reader.Read())
                {
                    bots.Add(new ForgetfulBot(new BotId(reader.GetGuid(0)), reader.GetInt32(1)));
                }
                return bots;
            },
            cancellationToken);

    public Task<RetentionBatch> DeleteMessagesAsync(BotId bot, DateTimeOffset before, RetentionSlice slice, CancellationToken cancellationToken) =>
        hotPath.WriteAsync(
            session =>
            {
                var conversations = Ids(session, Slice, bot.Value, slice.After.Value, slice.Conversations);
                var (deleted, hasMore) = (0, false);
                foreach (var conversation in conversations)
                {
                    var messages = DeleteOldest(session, conversation, before, slice.Messages);
                    deleted += messages;
                    hasMore |= messages == slice.Messages;
                }
                return new RetentionBatch(deleted, conversations.Count < slice.Conversations ? null : new ConversationId(conversations[^1]), hasMore);
            },
            cancellationToken);

    public Task<int> DeleteEventsAsync(BotId bot, DateTimeOffset before, int rows, CancellationToken cancellationToken) =>
        hotPath.WriteAsync(
            session => Ids(session, Connections, bot.Value).Sum(connection => session.Run(DeleteEvents, connection, SqliteSession.Micros(before), rows)),
            cancellationToken);

    private static int DeleteOldest(SqliteSession session, Guid conversation, DateTimeOffset before, int max)
    {
        var messages = new List<Guid>();
        var through = 0L;
        using (var reader = session.Query(Oldest, conversation, SqliteSession.Micros(before), max))
        {
            while (reader.Read())
            {
                messages.Add(reader.GetGuid(0));
                through = Math.Max(through, reader.GetInt64(1));
            }
        }
        foreach (var message in messages)
        {
            session.Run(DeleteParts, message);
            session.Run(DeleteTimeline, message);
            session.Run(DeleteLetters, message);
            session.Run(DeleteModerations, message);
            session.Run(DeleteInsight, message);
            session.Run(DeleteMessage, message);
        }
        if (messages.Count > 0)
        {
            session.Run(DeleteTurns, conversation, through);
            session.Run(DeleteSummary, conversation);
        }
        return messages.Count;
    }

    private static List<Guid> Ids(SqliteSession session, string sql, params ReadOnlySpan<object?> values)
    {
        var ids = new List<Guid>();
        using var reader = session.Query(sql, values);
        while (reader.Read())
        {
            ids.Add(reader.GetGuid(0));
        }
        return ids;
    }
}
