namespace ChatOrchestrator.Infrastructure.Persistence.Sqlite;

/// <summary>The inbox's statements, one row each. A transaction has the store to itself, so nothing needs to be locked.</summary>
internal static class SqliteInboxStatements
{
    /// <summary>$1 id, $2 connection, $3 user, $4 display name, $5 username, $6 language, $7 now.</summary>
    public const string ResolveParticipant = """
        INSERT INTO participants AS p (id, connection_id, user_id, display_name, username, language, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (connection_id, user_id) DO UPDATE
            SET display_name = COALESCE(excluded.display_name, p.display_name),
                username = COALESCE(excluded.username, p.username),
                language = COALESCE(excluded.language, p.language)
        RETURNING id
        """;

    /// <summary>$1 id, $2 bot, $3 connection, $4 chat, $5 thread, $6 is group, $7 title, $8 now.</summary>
    public const string ResolveConversation = """
        INSERT INTO conversations AS c (id, bot_id, connection_id, chat_id, thread_id, is_group, title, state, forgotten_through, created_at, last_activity_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, $8, $8)
        ON CONFLICT (connection_id, chat_id, thread_id) DO UPDATE SET title = COALESCE(excluded.title, c.title)
        RETURNING id
        """;

    /// <summary>$1 conversation.</summary>
    public const string AddLane = """
        INSERT INTO lanes (conversation_id, lease_token, last_sequence, handled_sequence, outbound_sequence, delivered_sequence, attempts)
        VALUES ($1, 0, 0, 0, 0, 0, 0)
        ON CONFLICT (conversation_id) DO NOTHING
        """;

    /// <summary>$1 participant, $2 conversation.</summary>
    public const string AddParticipation = "INSERT INTO participations (participant_id, conversation_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";

    /// <summary>$1 conversation, $2 now. 1: somebody holds the lane, or it is due already. Nothing when there is none.</summary>
    public const string IsAwake = "SELECT COALESCE(hold_until > $2, 0) OR COALESCE(due_at <= $2, 0) FROM lanes WHERE conversation_id = $1";

    /// <summary>$1–$10 the columns, $11 now. Returns the sequence, or nothing when the message is known.</summary>
    public const string Store = """
        INSERT INTO messages (id, connection_id, conversation_id, participant_id, platform_message_id, author, kind, text, content, trace_parent, sent_at, created_at)
        VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8, $9, $10, $11)
        ON CONFLICT (connection_id, platform_message_id) WHERE platform_message_id IS NOT NULL DO NOTHING
        RETURNING sequence
        """;

    /// <summary>
    /// $1 conversation, $2 last sequence that arrived, $3 last one addressed to the bot or null, $4 quiet, $5 now. Talk
    /// that is not addressed to the bot wakes nobody; while the lane is idle its cursors move past it. A burst whose quiet
    /// period is over, or that a command flushed, is not quieted again by what follows.
    /// </summary>
    public const string Mark = """
        UPDATE lanes SET
            last_sequence = COALESCE($3, CASE WHEN last_sequence > handled_sequence THEN last_sequence ELSE $2 END),
            handled_sequence = CASE WHEN $3 IS NULL AND last_sequence <= handled_sequence THEN $2 ELSE handled_sequence END,
            waiting_since = CASE WHEN $3 IS NULL THEN waiting_since ELSE COALESCE(waiting_since, $5) END,
            quiet_until = CASE WHEN $3 IS NULL OR (waiting_since IS NOT NULL AND quiet_until <= $5) THEN quiet_until ELSE min($5 + $4, COALESCE(waiting_since, $5) + 5 * $4) END,
            due_at = CASE WHEN $3 IS NULL OR hold_until > $5 OR due_at <= $5 THEN due_at
                          ELSE min($5 + $4, COALESCE(waiting_since, $5) + 5 * $4) END
        WHERE conversation_id = $1
        RETURNING due_at
        """;

    /// <summary>$1 conversation, $2 now.</summary>
    public const string Touch = "UPDATE conversations SET last_activity_at = $2 WHERE id = $1 AND last_activity_at < $2 - 5000000";

    /// <summary>$1 connection, $2 platform message, $3 now.</summary>
    public const string NoteRedelivery = """
        INSERT INTO timeline_events (conversation_id, message_id, kind, at)
        SELECT conversation_id, id, 'redelivered', $3 FROM messages WHERE connection_id = $1 AND platform_message_id = $2
        """;

    /// <summary>$1 connection, $2 event, $3 kind, $4 subject, $5 now.</summary>
    public const string StoreEvent = """
        INSERT INTO inbox_events (connection_id, platform_event_id, kind, subject, created_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (connection_id, platform_event_id) DO NOTHING
        """;

    /// <summary>$1 connection, $2 platform message, $3 text, $4 now.</summary>
    public const string Edit = "UPDATE messages SET text = $3, edited_at = $4 WHERE connection_id = $1 AND platform_message_id = $2";

    /// <summary>$1 connection, $2 platform message, $3 now.</summary>
    public const string NoteEdit = """
        INSERT INTO timeline_events (conversation_id, message_id, kind, at)
        SELECT conversation_id, id, 'edited', $3 FROM messages WHERE connection_id = $1 AND platform_message_id = $2
        """;

    /// <summary>$1 connection, $2 platform message, $3 now. Before <see cref="Delete"/>.</summary>
    public const string NoteDeletion = """
        INSERT INTO timeline_events (conversation_id, message_id, kind, at)
        SELECT conversation_id, id, 'deleted', $3 FROM messages WHERE connection_id = $1 AND platform_message_id = $2 AND deleted_at IS NULL
        """;

    /// <summary>$1 connection, $2 platform message, $3 now. One that waits for its answer is not answered any more: it is as if it had not been addressed to the bot.</summary>
    public const string Delete = """
        UPDATE messages AS m SET text = '', content = NULL, deleted_at = $3,
            kind = CASE WHEN m.sequence > (SELECT l.handled_sequence FROM lanes l WHERE l.conversation_id = m.conversation_id) THEN 3 ELSE m.kind END
        WHERE m.connection_id = $1 AND m.platform_message_id = $2 AND m.deleted_at IS NULL
        """;

    /// <summary>$1 connection, $2 platform message, $3 kind, $4 reaction, $5 now.</summary>
    public const string ReactToMessage = """
        INSERT INTO timeline_events (conversation_id, message_id, kind, detail, at)
        SELECT conversation_id, id, $3, $4, $5 FROM messages WHERE connection_id = $1 AND platform_message_id = $2
        """;

    /// <summary>$1 connection, $2 chat, $3 thread, $4 platform's id, $5 kind, $6 reaction, $7 now. The part is looked for among the chat's latest answers.</summary>
    public const string ReactToPart = """
        INSERT INTO timeline_events (conversation_id, message_id, kind, detail, at)
        SELECT p.conversation_id, p.message_id, $5, $6, $7 FROM parts p
        WHERE p.message_id IN (
                SELECT m.id FROM messages m
                WHERE m.conversation_id = (SELECT id FROM conversations WHERE connection_id = $1 AND chat_id = $2 AND thread_id = $3) AND m.author <> 0
                ORDER BY m.sequence DESC LIMIT 200)
            AND p.platform_message_id = $4
        LIMIT 1
        """;

    /// <summary>$1 connection, $2 chat, $3 platform's id, $4 kind, $5 reaction, $6 now. The part is looked for in the chat's latest threads.</summary>
    public const string ReactToPartInAnyThread = """
        INSERT INTO timeline_events (conversation_id, message_id, kind, detail, at)
        SELECT p.conversation_id, p.message_id, $4, $5, $6
        FROM messages m JOIN parts p ON p.message_id = m.id AND p.platform_message_id = $3
        WHERE m.author <> 0
            AND m.conversation_id IN (SELECT id FROM conversations WHERE connection_id = $1 AND chat_id = $2 ORDER BY last_activity_at DESC LIMIT 50)
        ORDER BY m.sequence DESC
        LIMIT 1
        """;

    /// <summary>$1 connection, $2 chat, $3 thread, $4 state, $5 through, $6 now.</summary>
    public const string Watermark = """
        UPDATE parts SET state = $4, delivered_at = COALESCE(delivered_at, $6), read_at = CASE WHEN $4 = 5 THEN $6 ELSE read_at END
        WHERE message_id IN (
                SELECT m.id FROM messages m
                WHERE m.conversation_id = (SELECT id FROM conversations WHERE connection_id = $1 AND chat_id = $2 AND thread_id = $3) AND m.author <> 0
                ORDER BY m.sequence DESC LIMIT 200)
            AND sent_at <= $5 AND state IN (3, 4) AND state < $4
        """;

    /// <summary>$1 id, $2 message, $3 reason, $4 now. What the platform accepted and then could not deliver is a dead letter like any other.</summary>
    public const string DeadLetter = """
        INSERT INTO dead_letters (id, conversation_id, message_id, stage, reason, attempts, state, created_at)
        SELECT $1, p.conversation_id, p.message_id, 'delivery', COALESCE($3, 'undelivered'), p.attempts, 0, $4 FROM parts p
        WHERE p.message_id = $2 AND p.state = 6 AND NOT EXISTS (SELECT 1 FROM dead_letters d WHERE d.message_id = $2 AND d.state = 0)
        LIMIT 1
        """;

    /// <summary>$1 connection, $2 from, $3 to. The new chat may already have conversations of its own: those stay, the old ones end where they are.</summary>
    public const string Migrate = """
        UPDATE conversations AS c SET chat_id = $3 WHERE connection_id = $1 AND chat_id = $2
            AND NOT EXISTS (SELECT 1 FROM conversations o WHERE o.connection_id = $1 AND o.chat_id = $3 AND o.thread_id = c.thread_id)
        """;

    /// <summary>$1 connection, $2 user, $3 when, or null to unblock.</summary>
    public const string Block = "UPDATE participants SET blocked_at = $3 WHERE connection_id = $1 AND user_id = $2";

    /// <summary>$1 connection, $2 message, $3 ordinal, $4 now. Before <see cref="ReceiptByReference"/>.</summary>
    public const string NoteReconciled = """
        INSERT INTO timeline_events (conversation_id, message_id, kind, detail, at)
        SELECT p.conversation_id, p.message_id, 'part_reconciled', 'part ' || p.ordinal, $4 FROM parts p JOIN messages m ON m.id = p.message_id
        WHERE p.message_id = $2 AND p.ordinal = $3 AND m.connection_id = $1 AND p.state = 2
        """;

    /// <summary>
    /// $1 connection, $2 message, $3 ordinal, $4 platform's id of the part, $5 state, $6 error, $7 now. By what the part was
    /// sent with: its row is there before it is sent, so the receipt may come before the outcome is saved.
    /// </summary>
    public const string ReceiptByReference = """
        UPDATE parts SET state = $5, platform_message_id = COALESCE(platform_message_id, $4), error = $6,
            sent_at = CASE WHEN $5 IN (3, 4, 5) THEN COALESCE(sent_at, $7) ELSE sent_at END,
            delivered_at = CASE WHEN $5 IN (4, 5) THEN COALESCE(delivered_at, $7) ELSE delivered_at END,
            read_at = CASE WHEN $5 = 5 THEN $7 ELSE read_at END
        WHERE message_id = $2 AND ordinal = $3 AND state < CASE WHEN $5 = 6 THEN 4 ELSE min($5, 6) END
            AND EXISTS (SELECT 1 FROM messages m WHERE m.id = $2 AND m.connection_id = $1)
        RETURNING message_id
        """;

    /// <summary>
    /// $1 connection, $2 chat, $3 thread, $4 platform's id of the part, $5 state, $6 error, $7 now. Statuses only move
    /// forward, and what arrived did not fail; the part is looked for among the chat's latest answers.
    /// </summary>
    public const string Receipt = """
        UPDATE parts SET state = $5, error = COALESCE($6, error),
            delivered_at = CASE WHEN $5 IN (4, 5) THEN COALESCE(delivered_at, $7) ELSE delivered_at END,
            read_at = CASE WHEN $5 = 5 THEN $7 ELSE read_at END
        WHERE message_id IN (
                SELECT m.id FROM messages m
                WHERE m.conversation_id = (SELECT id FROM conversations WHERE connection_id = $1 AND chat_id = $2 AND thread_id = $3) AND m.author <> 0
                ORDER BY m.sequence DESC LIMIT 200)
            AND platform_message_id = $4 AND state < CASE WHEN $5 = 6 THEN 4 ELSE min($5, 6) END
        RETURNING message_id
        """;
}
