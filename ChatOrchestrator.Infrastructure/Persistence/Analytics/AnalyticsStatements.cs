namespace ChatOrchestrator.Infrastructure.Persistence.Analytics;

/// <summary>
/// The roll-up of one range of messages, which is read once: everything else is made of what was read. The stores differ in a
/// few words, and in where the range is kept: Postgres writes all tables in one statement, SQLite cannot and has a temporary
/// table. $1 and $2: messages after the first and up to the second place.
/// </summary>
internal sealed class AnalyticsStatements
{
    /// <summary>Buckets of answer times for each doubling.</summary>
    public const double BucketsPerDoubling = 8;

    private const string PerNaturalLog = "11.541560327111707"; // 8 / ln 2

    /// <summary>
    /// What was put again by an operator, or sent again, was counted when it was said first. A turn is counted with its answer
    /// (or its apology), which was saved in the same commit.
    /// </summary>
    private static string Range(string hour, string milliseconds, string turnAndQuestion) => $"""
        SELECT {hour} AS hour, k.bot_id, k.platform, m.author, m.conversation_id, CASE WHEN m.author = 0 THEN m.participant_id END AS participant_id,
            t.state, t.input_tokens, t.output_tokens, t.cost_nanos, CASE WHEN t.state = 0 AND q.created_at <= m.created_at THEN {milliseconds} END AS ms
        FROM messages m JOIN connections k ON k.id = m.connection_id
        {turnAndQuestion}
        WHERE m.sequence > $1 AND m.sequence <= $2 AND m.replay_of IS NULL
        """;

    private const string Hours = """
        INSERT INTO analytics_hours AS h (hour, bot_id, platform, inbound, by_bot, by_agents, answered, failed, answer_ms, input_tokens, output_tokens, cost_nanos, priced)
        SELECT hour, bot_id, platform, COUNT(*) FILTER (WHERE author = 0), COUNT(*) FILTER (WHERE author = 1), COUNT(*) FILTER (WHERE author = 2),
            COUNT(*) FILTER (WHERE state = 0), COUNT(*) FILTER (WHERE state = 4), COALESCE(SUM(ms), 0),
            COALESCE(SUM(input_tokens), 0), COALESCE(SUM(output_tokens), 0), COALESCE(SUM(cost_nanos), 0), COUNT(cost_nanos)
        FROM analytics_range WHERE true GROUP BY hour, bot_id, platform ORDER BY hour, bot_id, platform
        ON CONFLICT (hour, bot_id, platform) DO UPDATE SET inbound = h.inbound + excluded.inbound, by_bot = h.by_bot + excluded.by_bot, by_agents = h.by_agents + excluded.by_agents,
            answered = h.answered + excluded.answered, failed = h.failed + excluded.failed, answer_ms = h.answer_ms + excluded.answer_ms,
            input_tokens = h.input_tokens + excluded.input_tokens, output_tokens = h.output_tokens + excluded.output_tokens,
            cost_nanos = h.cost_nanos + excluded.cost_nanos, priced = h.priced + excluded.priced
        """;

    private const string AnswerTimes = $"""
        INSERT INTO analytics_answer_times AS h (hour, bot_id, platform, bucket, answers)
        SELECT hour, bot_id, platform, CAST(floor(ln(CAST(ms + 1 AS double precision)) * {PerNaturalLog}) AS integer) AS bucket, COUNT(*)
        FROM analytics_range WHERE ms IS NOT NULL GROUP BY hour, bot_id, platform, bucket ORDER BY hour, bot_id, platform, bucket
        ON CONFLICT (hour, bot_id, platform, bucket) DO UPDATE SET answers = h.answers + excluded.answers
        """;

    private const string ActiveInHours = """
        INSERT INTO analytics_actives (kind, grain, slot, bot_id, platform, subject)
        SELECT DISTINCT 0, 0, hour, bot_id, platform, participant_id FROM analytics_range WHERE participant_id IS NOT NULL
        UNION ALL SELECT DISTINCT 1, 0, hour, bot_id, platform, conversation_id FROM analytics_range WHERE true
        ON CONFLICT DO NOTHING
        """;

    /// <summary>OFFSET 0: whatever the planner makes of the range's size. It would read all the turns there are for each range.</summary>
    private const string ByTheirKeys = """
        LEFT JOIN LATERAL (SELECT * FROM turns t WHERE t.id = m.turn_id AND m.author = 1 OFFSET 0) t ON true
        LEFT JOIN LATERAL (SELECT q.created_at FROM messages q WHERE q.sequence = t.from_sequence OFFSET 0) q ON true
        """;

    /// <summary>Who was in the hour before is in its day: only who is new there is looked for, which most are not.</summary>
    public static readonly AnalyticsStatements Postgres = new(
        $"""
        WITH analytics_range AS MATERIALIZED (
        {Range("CAST(floor(extract(epoch FROM m.created_at) / 3600) AS integer)", "CAST(extract(epoch FROM m.created_at - q.created_at) * 1000 AS bigint)", ByTheirKeys)}
        ), hours AS (
        {Hours}
        ), answer_times AS (
        {AnswerTimes}
        ), fresh AS (
        {ActiveInHours} RETURNING kind, slot, bot_id, platform, subject
        )
        INSERT INTO analytics_actives (kind, grain, slot, bot_id, platform, subject)
        SELECT DISTINCT kind, 1, slot / 24, bot_id, platform, subject FROM fresh
        ON CONFLICT DO NOTHING
        """);

    public static readonly AnalyticsStatements Sqlite = new(
        $"CREATE TEMPORARY TABLE analytics_range AS {Range("m.created_at / 3600000000", "(m.created_at - q.created_at) / 1000", "LEFT JOIN turns t ON t.id = m.turn_id AND m.author = 1 LEFT JOIN messages q ON q.sequence = t.from_sequence")}",
        Hours,
        AnswerTimes,
        ActiveInHours,
        """
        INSERT INTO analytics_actives (kind, grain, slot, bot_id, platform, subject)
        SELECT DISTINCT 0, 1, hour / 24, bot_id, platform, participant_id FROM analytics_range WHERE participant_id IS NOT NULL
        UNION ALL SELECT DISTINCT 1, 1, hour / 24, bot_id, platform, conversation_id FROM analytics_range WHERE true
        ON CONFLICT DO NOTHING
        """,
        "DROP TABLE temp.analytics_range");

    private AnalyticsStatements(params IReadOnlyList<string> rollUp) => RollUp = rollUp;

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
