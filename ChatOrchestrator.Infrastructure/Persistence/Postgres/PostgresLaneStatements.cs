namespace ChatOrchestrator.Infrastructure.Persistence.Postgres;

/// <summary>
/// The lanes' statements. Each takes a whole batch as arrays, locks its lanes in one order before anything else, and
/// checks the lease there: what a holder that lost its lease or gave it back sends, finds no lane. Only the entry with
/// the right token is let through, for the same batch may hold one of an earlier holder.
/// Each row is found by its key, whatever the planner makes of the tables' sizes: a subquery of its own (LATERAL, with a
/// lock or OFFSET 0) is not turned into a join that reads a whole index; and where a batch's entries are limited to their
/// number, which changes nothing, it expects few of them and looks up what belongs to each.
/// </summary>
internal static class PostgresLaneStatements
{
    /// <summary>$1 worker, $2 max, $3 lease. While a lane is held its due time is the lease's end, so a dead worker's lane comes due by itself. A turn that its worker did not survive was an attempt: a message that kills every worker becomes a dead letter like any other that fails.</summary>
    public const string Claim = """
        WITH due AS MATERIALIZED (
            SELECT conversation_id, lease_owner FROM lanes WHERE due_at <= now() ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED
        ), claimed AS (
            UPDATE lanes l SET lease_owner = $1, lease_token = l.lease_token + 1, hold_until = now() + $3, due_at = now() + $3, waiting_since = NULL, claimed_at = now(),
                attempts = l.attempts + CASE WHEN l.lease_owner IS NOT NULL AND l.last_sequence > l.handled_sequence AND l.outbound_sequence <= l.delivered_sequence THEN 1 ELSE 0 END
            WHERE l.conversation_id = ANY(ARRAY(SELECT conversation_id FROM due))
            RETURNING l.conversation_id, l.lease_token, l.last_sequence, l.handled_sequence, l.outbound_sequence, l.delivered_sequence, l.attempts
        )
        SELECT l.conversation_id, l.lease_token, l.last_sequence, l.handled_sequence, l.outbound_sequence, l.delivered_sequence, l.attempts, d.lease_owner,
               c.connection_id, c.chat_id, c.thread_id, c.is_group, c.state, c.forgotten_through
        FROM claimed l JOIN due d USING (conversation_id)
        CROSS JOIN LATERAL (SELECT * FROM conversations c WHERE c.id = l.conversation_id OFFSET 0) c
        """;

    /// <summary>
    /// $1 conversation, $2 handled, $3 forgotten, $4 most pending, $5 most history, $6 is group. Slot 0: waiting; 1: before
    /// them; 2: stored after the first waiting one but not waiting (answers to earlier questions, talk among others). An
    /// answer to what was forgotten is forgotten too.
    /// </summary>
    public const string LoadMessages = """
        SELECT q.ord, m.slot, m.sequence, m.id, m.author, m.kind, m.text, m.answers_sequence, m.trace_parent, m.created_at,
               CASE WHEN q.is_group THEN (SELECT p.display_name FROM participants p WHERE p.id = m.participant_id) END, m.participant_id,
               CASE WHEN m.slot = 0 THEN m.content END, m.edited_at
        FROM unnest($1, $2, $3, $4, $5, $6) WITH ORDINALITY AS q(conversation_id, handled, forgotten, max_pending, max_history, is_group, ord)
        CROSS JOIN LATERAL (
            (SELECT 0 AS slot, * FROM messages w WHERE w.conversation_id = q.conversation_id AND w.sequence > q.handled
                AND w.author = 0 AND w.kind <> 3 ORDER BY w.sequence LIMIT q.max_pending)
            UNION ALL
            (SELECT 1, * FROM messages w WHERE w.conversation_id = q.conversation_id AND w.sequence <= q.handled AND w.sequence > q.forgotten
                AND COALESCE(w.answers_sequence, w.sequence) > q.forgotten ORDER BY w.sequence DESC LIMIT q.max_history)
            UNION ALL
            (SELECT 2, * FROM messages w WHERE w.conversation_id = q.conversation_id AND w.sequence > GREATEST(q.handled, q.forgotten)
                AND (w.author <> 0 OR w.kind = 3) AND COALESCE(w.answers_sequence, w.sequence) > q.forgotten ORDER BY w.sequence DESC LIMIT q.max_history)
        ) m
        """;

    /// <summary>$1 conversation, $2 delivered. With each part when the participant last wrote, and how the question wants to be answered.</summary>
    public const string LoadParts = """
        SELECT q.ord, p.message_id, m.sequence, p.ordinal, COALESCE(p.body, m.text), p.format, p.plain_body, p.state, p.attempts, m.author,
            (SELECT w.created_at FROM messages w WHERE w.conversation_id = q.conversation_id AND w.author = 0 AND w.replay_of IS NULL ORDER BY w.sequence DESC LIMIT 1),
            (SELECT w.content->>'answerVia' FROM messages w WHERE w.conversation_id = q.conversation_id AND w.sequence = m.answers_sequence)
        FROM unnest($1, $2) WITH ORDINALITY AS q(conversation_id, delivered, ord)
        CROSS JOIN LATERAL (SELECT * FROM messages m WHERE m.conversation_id = q.conversation_id AND m.sequence > q.delivered AND m.author <> 0 OFFSET 0) m
        CROSS JOIN LATERAL (SELECT * FROM parts p WHERE p.message_id = m.id AND p.state IN (0, 1, 2) OFFSET 0) p
        ORDER BY q.ord, m.sequence, p.ordinal
        """;

    /// <summary>$1 conversation, $2 token, $3 lease.</summary>
    public const string Renew = """
        WITH held AS MATERIALIZED (
            SELECT l.conversation_id FROM (SELECT * FROM unnest($1, $2) AS i(conversation_id, token) ORDER BY i.conversation_id) i
            CROSS JOIN LATERAL (SELECT l.conversation_id FROM lanes l WHERE l.conversation_id = i.conversation_id AND l.lease_token = i.token AND l.lease_owner IS NOT NULL FOR UPDATE) l
        )
        UPDATE lanes l SET hold_until = now() + $3, due_at = now() + $3 WHERE l.conversation_id = ANY(ARRAY(SELECT conversation_id FROM held))
        RETURNING l.conversation_id
        """;

    /// <summary>
    /// $1–$21 one column each of the turns, $22–$27 of their parts ($24: which turn, from 1). A turn that is saved already (its commit's answer was
    /// lost) is not held any more: the parts are found by the next claim.
    /// </summary>
    public const string CommitTurns = """
        WITH held AS MATERIALIZED (
            SELECT i.*, l.outbound_sequence > l.delivered_sequence AS is_behind
            FROM (SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21) WITH ORDINALITY
                AS i(conversation_id, token, connection_id, turn_id, from_sequence, through_sequence, state, reason, answer_id, answer, model,
                     prompt_version, input_tokens, output_tokens, cost_nanos, attempt, worker, started_at, first_token_at, ended_at, trace_parent, ord)
                ORDER BY i.conversation_id) i
            CROSS JOIN LATERAL (SELECT * FROM lanes l WHERE l.conversation_id = i.conversation_id AND l.lease_token = i.token
                AND l.handled_sequence < i.through_sequence AND l.lease_owner IS NOT NULL FOR UPDATE) l
            LIMIT cardinality($1)
        ), placed AS MATERIALIZED (
            SELECT h.*, CASE WHEN h.answer IS NOT NULL THEN nextval('messages_sequence_seq') END AS answer_sequence FROM held h
        ), answered AS (
            INSERT INTO messages (sequence, id, conversation_id, connection_id, author, kind, text, answers_sequence, turn_id, trace_parent, created_at)
            SELECT t.answer_sequence, t.answer_id, t.conversation_id, t.connection_id, 1, 0, t.answer, t.through_sequence, t.turn_id, t.trace_parent, clock_timestamp()
            FROM placed t WHERE t.answer IS NOT NULL
        ), turned AS (
            INSERT INTO turns (id, conversation_id, from_sequence, through_sequence, state, reason, model, prompt_version, input_tokens, output_tokens, cost_nanos, attempt, worker, started_at, first_token_at, ended_at)
            SELECT t.turn_id, t.conversation_id, t.from_sequence, t.through_sequence, t.state, t.reason, t.model, t.prompt_version, t.input_tokens, t.output_tokens, t.cost_nanos, t.attempt, t.worker, t.started_at, t.first_token_at, t.ended_at
            FROM placed t
        ), parted AS (
            INSERT INTO parts (message_id, ordinal, conversation_id, body, format, plain_body, state, attempts)
            SELECT p.message_id, p.ordinal, t.conversation_id, p.body, p.format, p.plain_body, 0, 0
            FROM unnest($22, $23, $24, $25, $26, $27) AS p(message_id, ordinal, ord, body, format, plain_body) JOIN placed t USING (ord)
        ), moved AS (
            UPDATE lanes l SET handled_sequence = t.through_sequence, outbound_sequence = COALESCE(t.answer_sequence, l.outbound_sequence), attempts = 0
            FROM placed t WHERE l.conversation_id = t.conversation_id
        )
        SELECT ord, COALESCE(answer_sequence, 0), is_behind FROM placed
        """;

    /// <summary>
    /// $1–$11 one column each. Next: 0 keep, 1 release, 2 hold. Behind the gates of the lanes that are released: messages
    /// that came while the lane was held are looked for now.
    /// </summary>
    public const string CommitDeliveries = """
        WITH held AS MATERIALIZED (
            SELECT i.*, l.handled_sequence
            FROM (SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) WITH ORDINALITY
                AS i(conversation_id, token, message_id, ordinal, state, platform_message_id, error, delivered_through, next, hold, failed, ord)
                ORDER BY i.conversation_id) i
            CROSS JOIN LATERAL (SELECT l.handled_sequence FROM lanes l WHERE l.conversation_id = i.conversation_id AND l.lease_token = i.token AND l.lease_owner IS NOT NULL FOR UPDATE) l
            LIMIT cardinality($1)
        ), parted AS (
            UPDATE parts p SET state = d.state, attempts = p.attempts + 1, error = d.error,
                platform_message_id = COALESCE(d.platform_message_id, p.platform_message_id), sent_at = CASE WHEN d.state = 3 THEN clock_timestamp() ELSE p.sent_at END
            FROM held d
            WHERE p.message_id = d.message_id AND p.ordinal = d.ordinal AND p.state IN (0, 1, 2)
        ), moved AS (
            UPDATE lanes l SET
                delivered_sequence = GREATEST(l.delivered_sequence, d.delivered_through),
                last_sequence = GREATEST(l.last_sequence, a.last),
                attempts = l.attempts + d.failed,
                lease_owner = CASE WHEN d.next = 0 THEN l.lease_owner END,
                hold_until = CASE d.next WHEN 0 THEN l.hold_until WHEN 1 THEN NULL ELSE now() + d.hold END,
                due_at = CASE WHEN d.next = 0 THEN l.due_at
                              WHEN d.next = 2 THEN now() + d.hold
                              WHEN l.outbound_sequence > GREATEST(l.delivered_sequence, d.delivered_through) THEN now()
                              WHEN GREATEST(l.last_sequence, a.last) > l.handled_sequence THEN GREATEST(now(), COALESCE(l.quiet_until, now())) END
            FROM held d LEFT JOIN LATERAL (
                SELECT m.sequence AS last FROM messages m
                WHERE d.next = 1 AND m.conversation_id = d.conversation_id AND m.sequence > d.handled_sequence AND m.author = 0 AND m.kind <> 3
                ORDER BY m.sequence DESC LIMIT 1) a ON true
            WHERE l.conversation_id = d.conversation_id
            RETURNING d.ord, CASE WHEN d.next <> 0 THEN l.due_at - now() END AS due_in
        )
        SELECT ord, due_in FROM moved
        """;

    /// <summary>$1 conversations. Before several statements of one transaction, so that the order of the locks stays one.</summary>
    public const string LockAll = "SELECT FROM lanes WHERE conversation_id = ANY($1) ORDER BY conversation_id FOR UPDATE";

    /// <summary>$1 conversation. A statement sees the store as it was when it began: one that waited for the lane would not see the answer that was saved meanwhile.</summary>
    public const string Lock = "SELECT 1 FROM lanes WHERE conversation_id = $1 FOR UPDATE";

    /// <summary>
    /// $1 conversation, $2 before sequence, $3 reason. Behind <see cref="Lock"/>, in the same transaction. Changes nothing
    /// when the command has had its turn already: what is open then is the answer to it.
    /// </summary>
    public const string Interrupt = """
        WITH locked AS MATERIALIZED (
            SELECT conversation_id, handled_sequence, delivered_sequence FROM lanes WHERE conversation_id = $1 AND handled_sequence < $2
        ), skipped AS (
            INSERT INTO turns (id, conversation_id, from_sequence, through_sequence, state, reason, prompt_version, attempt, started_at, ended_at)
            SELECT gen_random_uuid(), $1, min(m.sequence), max(m.sequence), 3, $3, 0, 0, now(), now()
            FROM messages m JOIN locked l USING (conversation_id)
            WHERE m.sequence > l.handled_sequence AND m.sequence < $2 AND m.author = 0 AND m.kind <> 3
            HAVING count(*) > 0
        ), withdrawn AS (
            UPDATE parts p SET state = 7, error = $3
            FROM messages m JOIN locked l USING (conversation_id)
            WHERE p.message_id = m.id AND m.sequence > l.delivered_sequence AND m.author = 1 AND p.state IN (0, 1, 2)
        )
        UPDATE lanes l SET lease_token = l.lease_token + 1, lease_owner = NULL, hold_until = NULL, quiet_until = NULL, waiting_since = NULL,
            attempts = 0, last_sequence = GREATEST(l.last_sequence, $2), handled_sequence = GREATEST(l.handled_sequence, $2 - 1), due_at = now()
        FROM locked k WHERE l.conversation_id = k.conversation_id
        """;

    /// <summary>$1 conversation, $2 token, $3 message, $4 kind, $5 detail, $6 text or null, $7 content.</summary>
    public const string Annotate = """
        WITH held AS MATERIALIZED (
            SELECT conversation_id FROM lanes WHERE conversation_id = $1 AND lease_token = $2 AND lease_owner IS NOT NULL
        ), rewritten AS (
            UPDATE messages m SET text = $6, content = $7 FROM held h WHERE $6 IS NOT NULL AND m.id = $3 AND m.conversation_id = h.conversation_id
        )
        INSERT INTO timeline_events (conversation_id, message_id, kind, detail, at) SELECT conversation_id, $3, $4, $5, now() FROM held
        """;

    public const string Backlog = "SELECT count(*), now() - min(due_at) FROM lanes WHERE due_at <= now()";
}
