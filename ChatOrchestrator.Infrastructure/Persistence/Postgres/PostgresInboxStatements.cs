namespace ChatOrchestrator.Infrastructure.Persistence.Postgres;

/// <summary>
/// The inbox's statements. Each takes a whole batch as arrays and locks rows in one order; rows are found by their keys as in
/// <see cref="PostgresLaneStatements"/>.
/// </summary>
internal static class PostgresInboxStatements
{
    // Sorted input gives every process the same lock order. DO UPDATE, because DO NOTHING would not return the row.
    public const string ResolveParticipants = """
        INSERT INTO participants AS p (id, connection_id, user_id, display_name, username, language, created_at)
        SELECT i.id, i.connection_id, i.user_id, i.display_name, i.username, i.language, now()
        FROM unnest($1, $2, $3, $4, $5, $6) AS i(id, connection_id, user_id, display_name, username, language)
        ORDER BY i.connection_id, i.user_id
        ON CONFLICT (connection_id, user_id) DO UPDATE
            SET display_name = COALESCE(excluded.display_name, p.display_name),
                username = COALESCE(excluded.username, p.username),
                language = COALESCE(excluded.language, p.language)
        RETURNING p.connection_id, p.user_id, p.id
        """;

    public const string ResolveConversations = """
        WITH found AS (
            INSERT INTO conversations AS c (id, bot_id, connection_id, chat_id, thread_id, is_group, title, state, forgotten_through, created_at, last_activity_at)
            SELECT i.id, i.bot_id, i.connection_id, i.chat_id, i.thread_id, i.is_group, i.title, 0, 0, now(), now()
            FROM unnest($1, $2, $3, $4, $5, $6, $7) AS i(id, bot_id, connection_id, chat_id, thread_id, is_group, title)
            ORDER BY i.connection_id, i.chat_id, i.thread_id
            ON CONFLICT (connection_id, chat_id, thread_id) DO UPDATE SET title = COALESCE(excluded.title, c.title)
            RETURNING c.connection_id, c.chat_id, c.thread_id, c.id
        ), laned AS (
            INSERT INTO lanes (conversation_id, lease_token, last_sequence, handled_sequence, outbound_sequence, delivered_sequence, attempts)
            SELECT id, 0, 0, 0, 0, 0, 0 FROM found
            ON CONFLICT (conversation_id) DO NOTHING
        )
        SELECT connection_id, chat_id, thread_id, id FROM found
        """;

    /// <summary>$1 participants, $2 conversations.</summary>
    public const string AddParticipations = """
        INSERT INTO participations (participant_id, conversation_id)
        SELECT DISTINCT i.participant_id, i.conversation_id FROM unnest($1, $2) AS i(participant_id, conversation_id)
        ORDER BY i.participant_id, i.conversation_id
        ON CONFLICT DO NOTHING
        """;

    /// <summary>
    /// $1 keys of conversations. Whoever stores messages of a conversation, or lets its lane fall idle, comes through this
    /// gate one at a time and keeps it until the commit: so a conversation's sequences are given out in the order of the
    /// commits, and no message slips in while its lane is being released. A statement of its own, because what follows must
    /// see what was committed before the gate opened. The rows of lanes that are being worked on need no lock then.
    /// </summary>
    public const string Gate = "SELECT pg_advisory_xact_lock(k) FROM (SELECT DISTINCT k FROM unnest($1) AS i(k) ORDER BY k) sorted";

    // Behind the gate. A lane that is awake (held, or due already) is left alone unless it is to be quiet, or a command or button ends its quiet: who releases it looks for
    // what has come. A conversation without a lane (deleted) takes nothing.
    // Talk that is not addressed to the bot (kind 3) wakes nobody; while the lane is idle its cursors move past it.
    // A burst whose quiet period is over, or that a command flushed, is not quieted again by what follows.
    public const string Append = """
        WITH input AS (
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) WITH ORDINALITY
                AS i(id, connection_id, conversation_id, participant_id, platform_message_id, kind, text, trace_parent, sent_at, quiet, content, ord)
        ), known AS MATERIALIZED (
            SELECT conversation_id, COALESCE(hold_until > now() OR due_at <= now(), false) AS is_awake FROM lanes WHERE conversation_id = ANY($3)
        ), locked AS MATERIALIZED (
            SELECT k.* FROM (SELECT * FROM known ORDER BY conversation_id) k
            CROSS JOIN LATERAL (SELECT FROM lanes l WHERE l.conversation_id = k.conversation_id FOR UPDATE) l
            WHERE NOT k.is_awake OR k.conversation_id IN (SELECT i.conversation_id FROM input i WHERE i.quiet > interval '0' OR i.kind IN (1, 6))
        ), stored AS (
            INSERT INTO messages (id, connection_id, conversation_id, participant_id, platform_message_id, author, kind, text, content, trace_parent, sent_at, created_at)
            SELECT i.id, i.connection_id, i.conversation_id, i.participant_id, i.platform_message_id, 0, i.kind, i.text, i.content, i.trace_parent, i.sent_at, clock_timestamp()
            FROM input i JOIN known USING (conversation_id)
            ORDER BY i.ord
            ON CONFLICT (connection_id, platform_message_id) WHERE platform_message_id IS NOT NULL DO NOTHING
            RETURNING id, conversation_id, kind, sequence
        ), arrived AS (
            SELECT s.conversation_id, max(s.sequence) AS last,
                   max(s.sequence) FILTER (WHERE s.kind <> 3) AS asked, min(i.quiet) FILTER (WHERE s.kind <> 3) AS quiet
            FROM stored s JOIN input i USING (id) GROUP BY s.conversation_id LIMIT cardinality($1)
        ), marked AS (
            UPDATE lanes l SET
                last_sequence = COALESCE(a.asked, CASE WHEN k.is_awake OR l.last_sequence > l.handled_sequence THEN l.last_sequence ELSE a.last END),
                handled_sequence = CASE WHEN a.asked IS NULL AND NOT k.is_awake AND l.last_sequence <= l.handled_sequence THEN a.last ELSE l.handled_sequence END,
                waiting_since = CASE WHEN a.asked IS NULL THEN l.waiting_since ELSE COALESCE(l.waiting_since, now()) END,
                quiet_until = CASE WHEN a.asked IS NULL OR (l.waiting_since IS NOT NULL AND l.quiet_until <= now()) THEN l.quiet_until
                                   ELSE LEAST(now() + a.quiet, COALESCE(l.waiting_since, now()) + 5 * a.quiet) END,
                due_at = CASE WHEN a.asked IS NULL OR l.hold_until > now() OR l.due_at <= now() THEN l.due_at
                              ELSE LEAST(now() + a.quiet, COALESCE(l.waiting_since, now()) + 5 * a.quiet) END
            FROM arrived a JOIN locked k USING (conversation_id) WHERE l.conversation_id = a.conversation_id
            RETURNING a.asked, CASE WHEN a.asked IS NOT NULL AND NOT k.is_awake THEN l.due_at - now() END AS due_in
        ), touched AS (
            UPDATE conversations c SET last_activity_at = now()
            WHERE c.id = ANY(ARRAY(SELECT k.conversation_id FROM known k
                CROSS JOIN LATERAL (SELECT FROM conversations o WHERE o.id = k.conversation_id AND o.last_activity_at < now() - interval '5 seconds' OFFSET 0) o))
        )
        SELECT CASE WHEN s.sequence IS NOT NULL THEN 0 WHEN k.conversation_id IS NOT NULL THEN 1 ELSE 2 END, COALESCE(s.sequence, 0), w.due_in
        FROM input i LEFT JOIN stored s USING (id) LEFT JOIN known k ON k.conversation_id = i.conversation_id
            LEFT JOIN marked w ON w.asked = s.sequence
        ORDER BY i.ord
        """;

    public const string NoteRedeliveries = """
        INSERT INTO timeline_events (conversation_id, message_id, kind, at)
        SELECT m.conversation_id, m.id, 'redelivered', now()
        FROM unnest($1, $2) AS i(connection_id, platform_message_id)
        JOIN messages m ON m.connection_id = i.connection_id AND m.platform_message_id = i.platform_message_id
        """;
}
