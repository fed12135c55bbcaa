using ChatOrchestrator.Application.Analytics;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Infrastructure.Persistence.Postgres;
using ChatOrchestrator.Infrastructure.Persistence.Sqlite;
using Npgsql;

namespace ChatOrchestrator.Infrastructure.Persistence.Analytics;

/// <summary>Handoffs are few, and leave nothing behind that could be counted later: each is counted in its own commit.</summary>
internal static class HandoffCounts
{
    /// <summary>$1 conversation, $2 hour.</summary>
    private const string Count = """
        INSERT INTO analytics_hours AS h (hour, bot_id, platform, handoffs)
        SELECT $2, c.bot_id, k.platform, 1 FROM conversations c JOIN connections k ON k.id = c.connection_id WHERE c.id = $1
        ON CONFLICT (hour, bot_id, platform) DO UPDATE SET handoffs = h.handoffs + 1
        """;

    public static async Task CountHandoffAsync(this ChatDbContext db, ConversationId conversation, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var command = AnalyticsStore.Command(db, Count, conversation.Value, AnalyticsHours.Of(now));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public static async Task CountHandoffAsync(this NpgsqlConnection connection, ConversationId conversation, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Count, connection).Value(conversation.Value).Value(AnalyticsHours.Of(TimeProvider.System.GetUtcNow()));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public static void CountHandoff(this SqliteSession session, ConversationId conversation) =>
        session.Run(Count, conversation.Value, AnalyticsHours.Of(SqliteSession.Time(session.Now)));
}
