namespace ChatOrchestrator.Infrastructure.Persistence.Analytics;

/// <summary>
/// The roll-up of insights. They come later than their messages and may be written anew, so they have no place that could be
/// reached: each carries what the numbers hold of it, and is due while it says something else. Both stores understand the
/// statements but for a few words.
/// </summary>
internal sealed class InsightStatements
{
    public const string DueIndex = "ix_insights_due";

    /// <summary>Whatever writes an insight anew makes it due again; nobody has to remember to.</summary>
    public const string IsDue = "counted_score IS DISTINCT FROM sentiment_score OR counted_intent IS DISTINCT FROM intent OR counted_urgency IS DISTINCT FROM urgency";

    /// <summary>$1 how many. Rows that somebody changes or deletes at this moment are left for the next time: who waits for none ends in no deadlock.</summary>
    public const string PostgresTake = $"SELECT message_id FROM insights WHERE {IsDue} ORDER BY message_at, message_id LIMIT $1 FOR UPDATE SKIP LOCKED";

    public static readonly InsightStatements Postgres = new(
        due: "= ANY($1)", hour: "CAST(floor(extract(epoch FROM i.message_at) / 3600) AS integer)");

    /// <summary>One writer: both statements find the same rows.</summary>
    public static readonly InsightStatements Sqlite = new(
        due: $"IN (SELECT message_id FROM insights INDEXED BY {DueIndex} WHERE {IsDue} ORDER BY message_at, message_id LIMIT $1)", hour: "i.message_at / 3600000000");

    private InsightStatements(string due, string hour)
    {
        // As with messages: what an operator put again was counted when it was said first.
        var from = $"""
            FROM insights i JOIN conversations c ON c.id = i.conversation_id JOIN connections k ON k.id = c.connection_id
            WHERE i.message_id {due} AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.id = i.message_id AND m.replay_of IS NOT NULL)
            """;
        Count = $"""
            INSERT INTO analytics_insights AS h (hour, bot_id, platform, intent, messages, negative, neutral, positive, score, low, normal, high)
            SELECT hour, bot_id, platform, intent, SUM(n), SUM(CASE WHEN sentiment = 0 THEN n ELSE 0 END), SUM(CASE WHEN sentiment = 1 THEN n ELSE 0 END), SUM(CASE WHEN sentiment = 2 THEN n ELSE 0 END),
                   SUM(n * score), SUM(CASE WHEN urgency = 0 THEN n ELSE 0 END), SUM(CASE WHEN urgency = 1 THEN n ELSE 0 END), SUM(CASE WHEN urgency = 2 THEN n ELSE 0 END)
            FROM (SELECT {hour} AS hour, c.bot_id, k.platform, COALESCE(i.intent, 'none') AS intent, i.sentiment, i.urgency, CAST(round(i.sentiment_score * 1000) AS integer) AS score, 1 AS n {from}
                  UNION ALL
                  SELECT {hour}, c.bot_id, k.platform, COALESCE(i.counted_intent, 'none'), i.counted_sentiment, i.counted_urgency, CAST(round(i.counted_score * 1000) AS integer), -1 {from} AND i.counted_score IS NOT NULL) b
            WHERE true GROUP BY hour, bot_id, platform, intent ORDER BY hour, bot_id, platform, intent
            ON CONFLICT (hour, bot_id, platform, intent) DO UPDATE SET messages = h.messages + excluded.messages,
                negative = h.negative + excluded.negative, neutral = h.neutral + excluded.neutral, positive = h.positive + excluded.positive, score = h.score + excluded.score,
                low = h.low + excluded.low, normal = h.normal + excluded.normal, high = h.high + excluded.high
            """;
        Mark = $"UPDATE insights SET counted_sentiment = sentiment, counted_score = sentiment_score, counted_intent = intent, counted_urgency = urgency WHERE message_id {due}";
    }

    /// <summary>$1 the messages (Postgres), how many (SQLite). Adds what they say, and takes away what was counted of them before.</summary>
    public string Count { get; }

    /// <summary>$1 as in <see cref="Count"/>. In the same transaction, behind it.</summary>
    public string Mark { get; }
}
