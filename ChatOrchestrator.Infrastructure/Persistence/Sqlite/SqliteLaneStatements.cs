namespace ChatOrchestrator.Infrastructure.Persistence.Sqlite;

/// <summary>The lanes' statements, one row each. A commit's first statement checks the lease: it changes no row when the lease is lost.</summary>
internal static class SqliteLaneStatements
{
    /// <summary>$1 now, $2 max.</summary>
    public const string Due = """
        SELECT l.conversation_id, l.lease_token + 1, l.last_sequence, l.handled_sequence, l.outbound_sequence, l.delivered_sequence,
               l.attempts + (l.lease_owner IS NOT NULL AND l.last_sequence > l.handled_sequence AND l.outbound_sequence <= l.delivered_sequence), l.lease_owner,
               c.connection_id, c.chat_id, c.thread_id, c.is_group, c.state, c.forgotten_through
        FROM lanes l JOIN conversations c ON c.id = l.conversation_id
        WHERE l.due_at <= $1 ORDER BY l.due_at LIMIT $2
        """;

    /// <summary>$1 conversation, $2 worker, $3 the lease's end, $4 now. While a lane is held its due time is the lease's end, so a dead worker's lane comes due by itself. A turn that its worker did not survive was an attempt.</summary>
    public const string Claim = """
        UPDATE lanes SET attempts = attempts + (lease_owner IS NOT NULL AND last_sequence > handled_sequence AND outbound_sequence <= delivered_sequence), lease_owner = $2, lease_token = lease_token + 1, hold_until = $3, due_at = $3, waiting_since = NULL, claimed_at = $4 WHERE conversation_id = $1
        """;

    private const string Messages = """
        SELECT m.sequence, m.id, m.author, m.kind, m.text, m.answers_sequence, m.trace_parent, m.created_at,
               CASE WHEN $1 THEN (SELECT p.display_name FROM participants p WHERE p.id = m.participant_id) END, m.participant_id, m.content, m.edited_at
        FROM messages m WHERE m.conversation_id = $2
        """;

    /// <summary>$1 is group, $2 conversation, $3 handled, $4 limit.</summary>
    public const string LoadPending = Messages + " AND m.sequence > $3 AND m.author = 0 AND m.kind <> 3 ORDER BY m.sequence LIMIT $4";

    /// <summary>$1 is group, $2 conversation, $3 handled, $4 limit, $5 forgotten. The messages before those that wait.</summary>
    public const string LoadHandled = Messages + """
         AND m.sequence <= $3 AND m.sequence > $5 AND COALESCE(m.answers_sequence, m.sequence) > $5 ORDER BY m.sequence DESC LIMIT $4
        """;

    /// <summary>
    /// $1 is group, $2 conversation, $3 handled, $4 limit, $5 forgotten. Stored after the first that waits but not waiting:
    /// answers to earlier questions, talk among others.
    /// </summary>
    public const string LoadBeside = Messages + """
         AND m.sequence > max($3, $5) AND (m.author <> 0 OR m.kind = 3) AND COALESCE(m.answers_sequence, m.sequence) > $5 ORDER BY m.sequence DESC LIMIT $4
        """;

    /// <summary>$1 conversation, $2 delivered. With each part when the participant last wrote, and how the question wants to be answered.</summary>
    public const string LoadParts = """
        SELECT p.message_id, m.sequence, p.ordinal, COALESCE(p.body, m.text), p.format, p.plain_body, p.state, p.attempts, m.author,
            (SELECT w.created_at FROM messages w WHERE w.conversation_id = $1 AND w.author = 0 AND w.replay_of IS NULL ORDER BY w.sequence DESC LIMIT 1),
            (SELECT w.content->>'answerVia' FROM messages w WHERE w.conversation_id = $1 AND w.sequence = m.answers_sequence)
        FROM messages m JOIN parts p ON p.message_id = m.id
        WHERE m.conversation_id = $1 AND m.sequence > $2 AND m.author <> 0 AND p.state IN (0, 1, 2)
        ORDER BY m.sequence, p.ordinal
        """;

    /// <summary>$1 conversation, $2 token, $3 the lease's end.</summary>
    public const string Renew = """
        UPDATE lanes SET hold_until = $3, due_at = $3 WHERE conversation_id = $1 AND lease_token = $2 AND lease_owner IS NOT NULL
        """;

    /// <summary>
    /// $1 conversation, $2 token, $3 through. A turn that is saved already (its commit's answer was lost) is not held any
    /// more: the parts are found by the next claim.
    /// </summary>
    public const string Handle = """
        UPDATE lanes SET handled_sequence = $3, attempts = 0
        WHERE conversation_id = $1 AND lease_token = $2 AND lease_owner IS NOT NULL AND handled_sequence < $3
        RETURNING outbound_sequence > delivered_sequence
        """;

    /// <summary>$1 id, $2 conversation, $3 connection, $4 text, $5 the last message that it answers, $6 turn, $7 trace parent, $8 now.</summary>
    public const string StoreAnswer = """
        INSERT INTO messages (id, conversation_id, connection_id, author, kind, text, answers_sequence, turn_id, trace_parent, created_at)
        VALUES ($1, $2, $3, 1, 0, $4, $5, $6, $7, $8) RETURNING sequence
        """;

    /// <summary>$1 conversation, $2 sequence.</summary>
    public const string SetOutbound = "UPDATE lanes SET outbound_sequence = $2 WHERE conversation_id = $1";

    public const string StoreTurn = """
        INSERT INTO turns (id, conversation_id, from_sequence, through_sequence, state, reason, model, prompt_version, input_tokens, output_tokens, cost_nanos, attempt, worker, started_at, first_token_at, ended_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
        """;

    /// <summary>$1 message, $2 ordinal, $3 conversation, $4 body, $5 format, $6 plain body.</summary>
    public const string StorePart = """
        INSERT INTO parts (message_id, ordinal, conversation_id, body, format, plain_body, state, attempts) VALUES ($1, $2, $3, $4, $5, $6, 0, 0)
        """;

    /// <summary>$1 conversation, $2 token, $3 delivered through, $4 failures, $5 next (0 keep, 1 release, 2 hold), $6 hold until, $7 now. Returns when the lane is due.</summary>
    public const string Deliver = """
        UPDATE lanes SET
            delivered_sequence = max(delivered_sequence, $3),
            attempts = attempts + $4,
            lease_owner = CASE WHEN $5 = 0 THEN lease_owner END,
            hold_until = CASE $5 WHEN 0 THEN hold_until WHEN 1 THEN NULL ELSE $6 END,
            due_at = CASE WHEN $5 = 0 THEN due_at
                          WHEN $5 = 2 THEN $6
                          WHEN outbound_sequence > max(delivered_sequence, $3) THEN $7
                          WHEN last_sequence > handled_sequence THEN max($7, COALESCE(quiet_until, $7)) END
        WHERE conversation_id = $1 AND lease_token = $2 AND lease_owner IS NOT NULL
        RETURNING due_at
        """;

    /// <summary>$1 message, $2 ordinal, $3 state, $4 platform's id, $5 error, $6 now. What has its end is not changed any more.</summary>
    public const string SetPart = """
        UPDATE parts SET state = $3, attempts = attempts + 1, error = $5, platform_message_id = COALESCE($4, platform_message_id),
            sent_at = CASE WHEN $3 = 3 THEN $6 ELSE sent_at END
        WHERE message_id = $1 AND ordinal = $2 AND state IN (0, 1, 2)
        """;

    /// <summary>$1 conversation.</summary>
    public const string Cursors = "SELECT handled_sequence, delivered_sequence FROM lanes WHERE conversation_id = $1";

    /// <summary>$1 id, $2 conversation, $3 handled, $4 before sequence, $5 reason, $6 now. Adds nothing when nothing waits.</summary>
    public const string Skip = """
        INSERT INTO turns (id, conversation_id, from_sequence, through_sequence, state, reason, prompt_version, attempt, started_at, ended_at)
        SELECT $1, $2, min(m.sequence), max(m.sequence), 3, $5, 0, 0, $6, $6
        FROM messages m WHERE m.conversation_id = $2 AND m.sequence > $3 AND m.sequence < $4 AND m.author = 0 AND m.kind <> 3
        HAVING count(*) > 0
        """;

    /// <summary>$1 conversation, $2 delivered, $3 reason.</summary>
    public const string Withdraw = """
        UPDATE parts SET state = 7, error = $3
        WHERE message_id IN (SELECT m.id FROM messages m WHERE m.conversation_id = $1 AND m.sequence > $2 AND m.author = 1) AND state IN (0, 1, 2)
        """;

    /// <summary>$1 conversation, $2 before sequence, $3 now.</summary>
    public const string Revoke = """
        UPDATE lanes SET lease_token = lease_token + 1, lease_owner = NULL, hold_until = NULL, quiet_until = NULL, waiting_since = NULL,
            attempts = 0, handled_sequence = max(handled_sequence, $2 - 1), due_at = $3
        WHERE conversation_id = $1
        """;

    /// <summary>$1 conversation, $2 token, $3 message, $4 kind, $5 detail, $6 now.</summary>
    public const string Annotate = """
        INSERT INTO timeline_events (conversation_id, message_id, kind, detail, at)
        SELECT conversation_id, $3, $4, $5, $6 FROM lanes WHERE conversation_id = $1 AND lease_token = $2 AND lease_owner IS NOT NULL
        """;

    /// <summary>$1 conversation, $2 message, $3 text, $4 content.</summary>
    public const string Rewrite = "UPDATE messages SET text = $3, content = $4 WHERE id = $2 AND conversation_id = $1";

    /// <summary>$1 now.</summary>
    public const string Backlog = "SELECT count(*), min(due_at) FROM lanes WHERE due_at <= $1";
}
