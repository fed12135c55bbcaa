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

    private const string Edit = """
        WITH edited AS (
            UPDATE messages SET text = $3, edited_at = now() WHERE connection_id = $1 AND platform_message_id = $2
            RETURNING conversation_id, id
        )
        INSERT INTO timeline_events (conversation_id, message_id, kind, at) SELECT conversation_id, id, 'edited', now() FROM edited
        """;

    // The new chat may already have conversations of its own: those stay, the old ones end where they are.
    private const string Migrate = """
        UPDATE conversations c SET chat_id = $3 WHERE c.connection_id = $1 AND c.chat_id = $2
            AND NOT EXISTS (SELECT 1 FROM conversations o WHERE o.connection_id = $1 AND o.chat_id = $3 AND o.thread_id = c.thread_id)
        """;

    private const string Block = "UPDATE participants SET blocked_at = CASE WHEN $3 THEN now() END WHERE connection_id = $1 AND user_id = $2";

    // Statuses only move forward, and what arrived did not fail; the part is looked for among the chat's latest answers.
    private const string Receipt = """
        UPDATE parts p SET state = $5, error = COALESCE($6, p.error),
            delivered_at = CASE WHEN $5 IN (4, 5) THEN COALESCE(p.delivered_at, now()) ELSE p.delivered_at END,
            read_at = CASE WHEN $5 = 5 THEN now() ELSE p.read_at END
        FROM (SELECT m.id FROM messages m JOIN conversations c ON c.id = m.conversation_id
              WHERE c.connection_id = $1 AND c.chat_id = $2 AND c.thread_id = $3 AND m.author <> 0 ORDER BY m.sequence DESC LIMIT 200) recent
        WHERE p.message_id = recent.id AND p.platform_message_id = $4 AND p.state < CASE WHEN $5 = 6 THEN 4 ELSE LEAST($5, 6) END
        """;

    // By what the part was sent with: its row is there before it is sent, so the receipt may come before the outcome is saved.
    private const string ReceiptByReference = """
        WITH part AS MATERIALIZED (
            SELECT p.message_id, p.ordinal, p.conversation_id, p.state FROM parts p JOIN messages m ON m.id = p.message_id
            WHERE p.message_id = $2 AND p.ordinal = $3 AND m.connection_id = $1 AND p.state < CASE WHEN $5 = 6 THEN 4 ELSE LEAST($5, 6) END
            FOR UPDATE OF p
        ), settled AS (
            UPDATE parts p SET state = $5, platform_message_id = COALESCE(p.platform_message_id, $4), error = $6,
                sent_at = CASE WHEN $5 IN (3, 4, 5) THEN COALESCE(p.sent_at, now()) ELSE p.sent_at END,
                delivered_at = CASE WHEN $5 IN (4, 5) THEN COALESCE(p.delivered_at, now()) ELSE p.delivered_at END,
                read_at = CASE WHEN $5 = 5 THEN now() ELSE p.read_at END
            FROM part f WHERE p.message_id = f.message_id AND p.ordinal = f.ordinal
        )
        INSERT INTO timeline_events (conversation_id, message_id, kind, detail, at)
        SELECT conversation_id, message_id, 'part_reconciled', 'part ' || ordinal, now() FROM part WHERE state = 2
        """;

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
            await using var apply = entry switch
            {
                InboundEdit e => new NpgsqlCommand(Edit, connection).Value(id.Value).Value(e.EditedPlatformId).Value(e.Text),
                ChatMigrated e => new NpgsqlCommand(Migrate, connection).Value(id.Value).Value(e.FromChatId).Value(e.ToChatId),
                ParticipantBlocked e => new NpgsqlCommand(Block, connection).Value(id.Value).Value(e.UserId).Value(e.Blocked),
                DeliveryReceipt { Reference: { } part } e => new NpgsqlCommand(ReceiptByReference, connection).Value(id.Value).Value(part.MessageId).Value(part.Ordinal)
                    .Value(e.PartPlatformId).Value((int)e.State).Value<string?>(e.Error),
                DeliveryReceipt e => new NpgsqlCommand(Receipt, connection).Value(id.Value).Value(e.Chat.ChatId).Value(e.Chat.ThreadId)
                    .Value(e.PartPlatformId).Value((int)e.State).Value<string?>(e.Error),
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
