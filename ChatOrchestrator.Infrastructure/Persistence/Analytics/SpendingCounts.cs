namespace ChatOrchestrator.Infrastructure.Persistence.Analytics;

/// <summary>Calls beside the turns leave nothing behind that could be counted later: each is counted with what it is charged.</summary>
internal static class SpendingCounts
{
    /// <summary>$1 hour, $2 bot, $3 platform, $4 input tokens, $5 output tokens, $6 nanos, $7 whether there was a price (1, 0), $8 reservation or null. Who has none left was counted before.</summary>
    public const string Count = """
        INSERT INTO analytics_hours AS h (hour, bot_id, platform, input_tokens, output_tokens, cost_nanos, priced)
        SELECT $1, $2, $3, $4, $5, $6, $7 WHERE $8 IS NULL OR EXISTS (SELECT 1 FROM budget_reservations WHERE id = $8)
        ON CONFLICT (hour, bot_id, platform) DO UPDATE SET input_tokens = h.input_tokens + excluded.input_tokens, output_tokens = h.output_tokens + excluded.output_tokens,
            cost_nanos = h.cost_nanos + excluded.cost_nanos, priced = h.priced + excluded.priced
        """;

    /// <summary>$1 conversation, $2 message, $3 detail, $4 now, $5 reservation or null. Before the reservation is settled; nothing where the message is gone.</summary>
    public const string Note = """
        INSERT INTO timeline_events (conversation_id, message_id, kind, detail, at)
        SELECT $1, $2, 'charged', $3, $4 WHERE ($5 IS NULL OR EXISTS (SELECT 1 FROM budget_reservations WHERE id = $5)) AND EXISTS (SELECT 1 FROM messages WHERE id = $2)
        """;
}
