using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using Npgsql;

namespace ChatOrchestrator.Infrastructure.Persistence.Postgres;

/// <summary>Stores and applies what is not a message. Rare beside messages: one transaction, one statement per event.</summary>
internal static class PostgresInboxEvents
{
    private const string Insert = """
        INSERT INTO inbox_events (connection_id, platform_event_id, kind, subject, created_at)
        VALUES ($1, $2, $3, $4, now())
        ON CONFLICT (connection_id, platform_event_id) DO NOTHING
        """;

    public const string Edit = """
        WITH edited AS (
            UPDATE messages SET text = $3, edited_at = now() WHERE connection_id = $1 AND platform_message_id = $2
            RETURNING conversation_id, id
        )
        INSERT INTO timeline_events (conversation_id, message_id, kind, at) SELECT conversation_id, id, 'edited', now() FROM edited
        """;

    // One that waits for its answer is not answered any more: it is as if it had not been addressed to the bot.
    public const string Delete = """
        WITH deleted AS (
            UPDATE messages m SET text = '', content = NULL, deleted_at = now(), kind = CASE WHEN m.sequence > l.handled_sequence THEN 3 ELSE m.kind END
            FROM lanes l WHERE l.conversation_id = m.conversation_id AND m.connection_id = $1 AND m.platform_message_id = $2 AND m.deleted_at IS NULL
            RETURNING m.conversation_id, m.id
        )
        INSERT INTO timeline_events (conversation_id, message_id, kind, at) SELECT conversation_id, id, 'deleted', now() FROM deleted
        """;

    // To a participant's message, or to a part among the chat's latest answers.
    public const string React = """
        INSERT INTO timeline_events (conversation_id, message_id, kind, detail, at)
        SELECT r.conversation_id, r.id, $5, $6, now() FROM (
            SELECT m.conversation_id, m.id FROM messages m WHERE m.connection_id = $1 AND m.platform_message_id = $4
            UNION ALL
            SELECT recent.conversation_id, recent.id
            FROM (SELECT m.conversation_id, m.id FROM messages m
                  WHERE m.conversation_id = (SELECT id FROM conversations WHERE connection_id = $1 AND chat_id = $2 AND thread_id = $3) AND m.author <> 0
                  ORDER BY m.sequence DESC LIMIT 200) recent
            JOIN parts p ON p.message_id = recent.id AND p.platform_message_id = $4
            LIMIT 1) r
        """;

    /// <summary>$1 connection, $2 chat, $3 platform's id, $4 kind, $5 reaction. The part is looked for among the latest answers of the chat's latest threads.</summary>
    public const string ReactInAnyThread = """
        INSERT INTO timeline_events (conversation_id, message_id, kind, detail, at)
        SELECT r.conversation_id, r.id, $4, $5, now() FROM (
            SELECT m.conversation_id, m.id FROM messages m WHERE m.connection_id = $1 AND m.platform_message_id = $3
            UNION ALL
            SELECT recent.conversation_id, recent.id
            FROM (SELECT c.id FROM conversations c WHERE c.connection_id = $1 AND c.chat_id = $2 ORDER BY c.last_activity_at DESC LIMIT 50) thread
            CROSS JOIN LATERAL (SELECT m.conversation_id, m.id FROM messages m
                  WHERE m.conversation_id = thread.id AND m.author <> 0
                  ORDER BY m.sequence DESC LIMIT 20) recent
            JOIN parts p ON p.message_id = recent.id AND p.platform_message_id = $3
            LIMIT 1) r
        """;

    public const string Watermark = """
        UPDATE parts p SET state = $4, delivered_at = COALESCE(p.delivered_at, now()), read_at = CASE WHEN $4 = 5 THEN now() ELSE p.read_at END
        FROM (SELECT m.id FROM messages m
              WHERE m.conversation_id = (SELECT id FROM conversations WHERE connection_id = $1 AND chat_id = $2 AND thread_id = $3) AND m.author <> 0
              ORDER BY m.sequence DESC LIMIT 200) recent
        WHERE p.message_id = recent.id AND p.sent_at <= $5 AND p.state IN (3, 4) AND p.state < $4
        """;

    // The new chat may already have conversations of its own: those stay, the old ones end where they are.
    private const string Migrate = """
        UPDATE conversations c SET chat_id = $3 WHERE c.connection_id = $1 AND c.chat_id = $2
            AND NOT EXISTS (SELECT 1 FROM conversations o WHERE o.connection_id = $1 AND o.chat_id = $3 AND o.thread_id = c.thread_id)
        """;

    private const string Block = "UPDATE participants SET blocked_at = CASE WHEN $3 THEN now() END WHERE connection_id = $1 AND user_id = $2";

    /// <summary>$6 reason, $7 id. What the platform accepted and then could not deliver is a dead letter like any other.</summary>
    private const string DeadLetter = """
        INSERT INTO dead_letters (id, conversation_id, message_id, stage, reason, attempts, state, created_at)
        SELECT $7, f.conversation_id, f.message_id, 'delivery', COALESCE($6, 'undelivered'), f.attempts, 0, now()
        """;

    // Not as an anti-join: that would read the whole index.
    private const string UnlessThereIsOne = " WHERE $5 = 6 AND (SELECT d.id FROM dead_letters d WHERE d.message_id = f.message_id AND d.state = 0 LIMIT 1) IS NULL";

    // Statuses only move forward, and what arrived did not fail; the part is looked for among the chat's latest answers.
    public const string Receipt = """
        WITH settled AS (
        UPDATE parts p SET state = $5, error = COALESCE($6, p.error),
            delivered_at = CASE WHEN $5 IN (4, 5) THEN COALESCE(p.delivered_at, now()) ELSE p.delivered_at END,
            read_at = CASE WHEN $5 = 5 THEN now() ELSE p.read_at END
        FROM (SELECT m.id FROM messages m
              WHERE m.conversation_id = (SELECT id FROM conversations WHERE connection_id = $1 AND chat_id = $2 AND thread_id = $3) AND m.author <> 0
              ORDER BY m.sequence DESC LIMIT 200) recent
        WHERE p.message_id = recent.id AND p.platform_message_id = $4 AND p.state < CASE WHEN $5 = 6 THEN 4 ELSE LEAST($5, 6) END
        RETURNING p.conversation_id, p.message_id, p.attempts
        )
        """ + DeadLetter + " FROM settled f" + UnlessThereIsOne;

    // By what the part was sent with: its row is there before it is sent, so the receipt may come before the outcome is saved.
    public const string ReceiptByReference = """
        WITH part AS MATERIALIZED (
            SELECT p.message_id, p.ordinal, p.conversation_id, p.state, p.attempts FROM parts p JOIN messages m ON m.id = p.message_id
            WHERE p.message_id = $2 AND p.ordinal = $3 AND m.connection_id = $1 AND p.state < CASE WHEN $5 = 6 THEN 4 ELSE LEAST($5, 6) END
            FOR UPDATE OF p
        ), settled AS (
            UPDATE parts p SET state = $5, platform_message_id = COALESCE(p.platform_message_id, $4), error = $6,
                sent_at = CASE WHEN $5 IN (3, 4, 5) THEN COALESCE(p.sent_at, now()) ELSE p.sent_at END,
                delivered_at = CASE WHEN $5 IN (4, 5) THEN COALESCE(p.delivered_at, now()) ELSE p.delivered_at END,
                read_at = CASE WHEN $5 = 5 THEN now() ELSE p.read_at END
            FROM part f WHERE p.message_id = f.message_id AND p.ordinal = f.ordinal
        ), noted AS (
            INSERT INTO timeline_events (conversation_id, message_id, kind, detail, at)
            SELECT conversation_id, message_id, 'part_reconciled', 'part ' || ordinal, now() FROM part WHERE state = 2
        )
        """ + DeadLetter + " FROM part f" + UnlessThereIsOne;

    public static async Task<int> RecordAsync(NpgsqlConnection connection, ConnectionId id, IReadOnlyList<InboundEvent> events, CancellationToken token)
    {
        var added = 0;
        await using var transaction = await connection.BeginTransactionAsync(token);
        foreach (var entry in events)
        {
            var (kind, subject) = InboxEventKinds.Describe(entry);
            await using var insert = new NpgsqlCommand(Insert, connection).Value(id.Value).Value(entry.PlatformId).Value(kind).Value<string?>(subject);
            if (await insert.ExecuteNonQueryAsync(token) == 0)
            {
                continue;
            }
            added++;
            if (entry is ErasureRequested { UserId: var user, Counts: var more })
            {
                await PostgresErasureStore.EraseAsync(connection, id, user, null, ErasureStatements.ByPlatform, TimeProvider.System.GetUtcNow(), token, more);
                continue;
            }
            await using var apply = entry switch
            {
                InboundEdit e => new NpgsqlCommand(Edit, connection).Value(id.Value).Value(e.EditedPlatformId).Value(e.Text),
                InboundDeletion e => new NpgsqlCommand(Delete, connection).Value(id.Value).Value(e.DeletedPlatformId),
                InboundReaction { InAnyThread: true } e => new NpgsqlCommand(ReactInAnyThread, connection).Value(id.Value).Value(e.Chat.ChatId)
                    .Value(e.ReactedPlatformId).Value(kind).Value(e.Reaction),
                InboundReaction e => new NpgsqlCommand(React, connection).Value(id.Value).Value(e.Chat.ChatId).Value(e.Chat.ThreadId)
                    .Value(e.ReactedPlatformId).Value(kind).Value(e.Reaction),
                DeliveryWatermark e => new NpgsqlCommand(Watermark, connection).Value(id.Value).Value(e.Chat.ChatId).Value(e.Chat.ThreadId)
                    .Value((int)e.State).Value(e.Through),
                ChatMigrated e => new NpgsqlCommand(Migrate, connection).Value(id.Value).Value(e.FromChatId).Value(e.ToChatId),
                ParticipantBlocked e => new NpgsqlCommand(Block, connection).Value(id.Value).Value(e.UserId).Value(e.Blocked),
                DeliveryReceipt { Reference: { } part } e => new NpgsqlCommand(ReceiptByReference, connection).Value(id.Value).Value(part.MessageId).Value(part.Ordinal)
                    .Value(e.PartPlatformId).Value((int)e.State).Value<string?>(e.Error).Value(Guid.CreateVersion7()),
                DeliveryReceipt e => new NpgsqlCommand(Receipt, connection).Value(id.Value).Value(e.Chat.ChatId).Value(e.Chat.ThreadId)
                    .Value(e.PartPlatformId).Value((int)e.State).Value<string?>(e.Error).Value(Guid.CreateVersion7()),
                _ => null,
            };
            if (apply is not null)
            {
                await apply.ExecuteNonQueryAsync(token);
            }
        }
        await transaction.CommitAsync(token);
        return added;
    }
}
