namespace ChatOrchestrator.Infrastructure.Persistence.Analytics;

/// <summary>
/// The roll-up of one range of messages, as statements that both stores understand but for a few words. $1 and $2: messages
/// after the first and up to the second place.
/// </summary>
internal sealed class AnalyticsStatements
{
    /// <summary>Buckets of answer times for each doubling.</summary>
    public const double BucketsPerDoubling = 8;

    private const string PerNaturalLog = "11.541560327111707"; // 8 / ln 2

    public static readonly AnalyticsStatements Postgres = new(
        hour: "CAST(floor(extract(epoch FROM m.created_at) / 3600) AS integer)",
        milliseconds: "CAST(extract(epoch FROM a.created_at - q.created_at) * 1000 AS bigint)");

    public static readonly AnalyticsStatements Sqlite = new(hour: "m.created_at / 3600000000", milliseconds: "(a.created_at - q.created_at) / 1000");

    private AnalyticsStatements(string hour, string milliseconds)
    {
        // What was put again by an operator, or sent again, was counted when it was said first.
        var messages = $"""
            (SELECT m.conversation_id, m.author, m.participant_id, {hour} AS hour, c.bot_id, k.platform
             FROM messages m JOIN conversations c ON c.id = m.conversation_id JOIN connections k ON k.id = c.connection_id
             WHERE m.sequence > $1 AND m.sequence <= $2 AND m.replay_of IS NULL) b
            """;
        // A turn is counted with its answer (or its apology), which was saved in the same commit.
        var turns = $"""
            (SELECT a.hour, a.bot_id, a.platform, t.state, t.input_tokens, t.output_tokens, t.cost_nanos,
                    CASE WHEN t.state = 0 AND q.created_at <= a.created_at THEN {milliseconds} END AS ms
             FROM (SELECT m.turn_id, m.conversation_id, m.created_at, {hour} AS hour, c.bot_id, k.platform
                   FROM messages m JOIN conversations c ON c.id = m.conversation_id JOIN connections k ON k.id = c.connection_id
                   WHERE m.sequence > $1 AND m.sequence <= $2 AND m.author = 1 AND m.replay_of IS NULL AND m.turn_id IS NOT NULL) a
             JOIN turns t ON t.id = a.turn_id LEFT JOIN messages q ON q.sequence = t.from_sequence) b
            """;
        RollUp =
        [
            $"""
            INSERT INTO analytics_hours AS h (hour, bot_id, platform, inbound, by_bot, by_agents)
            SELECT hour, bot_id, platform, SUM(CASE WHEN author = 0 THEN 1 ELSE 0 END), SUM(CASE WHEN author = 1 THEN 1 ELSE 0 END), SUM(CASE WHEN author = 2 THEN 1 ELSE 0 END)
            FROM {messages} WHERE true GROUP BY hour, bot_id, platform ORDER BY hour, bot_id, platform
            ON CONFLICT (hour, bot_id, platform) DO UPDATE SET inbound = h.inbound + excluded.inbound, by_bot = h.by_bot + excluded.by_bot, by_agents = h.by_agents + excluded.by_agents
            """,
            $"""
            INSERT INTO analytics_hours AS h (hour, bot_id, platform, answered, failed, answer_ms, input_tokens, output_tokens, cost_nanos, priced)
            SELECT hour, bot_id, platform, SUM(CASE WHEN state = 0 THEN 1 ELSE 0 END), SUM(CASE WHEN state = 4 THEN 1 ELSE 0 END), COALESCE(SUM(ms), 0),
                   COALESCE(SUM(input_tokens), 0), COALESCE(SUM(output_tokens), 0), COALESCE(SUM(cost_nanos), 0), COUNT(cost_nanos)
            FROM {turns} WHERE true GROUP BY hour, bot_id, platform ORDER BY hour, bot_id, platform
            ON CONFLICT (hour, bot_id, platform) DO UPDATE SET answered = h.answered + excluded.answered, failed = h.failed + excluded.failed, answer_ms = h.answer_ms + excluded.answer_ms,
                input_tokens = h.input_tokens + excluded.input_tokens, output_tokens = h.output_tokens + excluded.output_tokens,
                cost_nanos = h.cost_nanos + excluded.cost_nanos, priced = h.priced + excluded.priced
            """,
            $"""
            INSERT INTO analytics_answer_times AS h (hour, bot_id, platform, bucket, answers)
            SELECT hour, bot_id, platform, bucket, COUNT(*)
            FROM (SELECT hour, bot_id, platform, CAST(floor(ln(CAST(ms + 1 AS double precision)) * {PerNaturalLog}) AS integer) AS bucket FROM {turns} WHERE ms IS NOT NULL) t
            WHERE true GROUP BY hour, bot_id, platform, bucket ORDER BY hour, bot_id, platform, bucket
            ON CONFLICT (hour, bot_id, platform, bucket) DO UPDATE SET answers = h.answers + excluded.answers
            """,
            $"""
            INSERT INTO analytics_actives (kind, grain, slot, bot_id, platform, subject)
            SELECT DISTINCT 0, 0, hour, bot_id, platform, participant_id FROM {messages} WHERE author = 0 AND participant_id IS NOT NULL
            UNION ALL SELECT DISTINCT 0, 1, hour / 24, bot_id, platform, participant_id FROM {messages} WHERE author = 0 AND participant_id IS NOT NULL
            UNION ALL SELECT DISTINCT 1, 0, hour, bot_id, platform, conversation_id FROM {messages} WHERE true
            UNION ALL SELECT DISTINCT 1, 1, hour / 24, bot_id, platform, conversation_id FROM {messages} WHERE true
            ON CONFLICT DO NOTHING
            """,
        ];
    }

    /// <summary>In this order, in one transaction with the progress.</summary>
    public IReadOnlyList<string> RollUp { get; }

    /// <summary>Places that are given out by now, and the time: those who have drawn one of them began before it.</summary>
    public const string PostgresBarrier = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END, clock_timestamp() FROM messages_sequence_seq";

    /// <summary>$1 a barrier's time. Whether a transaction that may have written is open since before it. Sessions of other users show no time; they store no messages.</summary>
    public const string PostgresIsOpen = """
        SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start < $1 AND (backend_xid IS NOT NULL OR state = 'active'))
        """;

    /// <summary>SQLite has one writer: what is stored is stored in the order of the places.</summary>
    public const string SqliteLast = "SELECT COALESCE(MAX(sequence), 0) FROM messages";
}
