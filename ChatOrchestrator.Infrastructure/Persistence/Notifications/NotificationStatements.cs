using System.Data.Common;
using ChatOrchestrator.Application.Notifications;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Notifications;
using ChatOrchestrator.Infrastructure.Persistence.Analytics;
using ChatOrchestrator.Infrastructure.Persistence.Postgres;
using ChatOrchestrator.Infrastructure.Persistence.Sqlite;
using Npgsql;

namespace ChatOrchestrator.Infrastructure.Persistence.Notifications;

/// <summary>For the stores of the hot path, which have no change tracker: keeps an event of a conversation in the transaction of what happened.</summary>
internal static class NotificationStatements
{
    private const string Head = """
        INSERT INTO notifications (rule_id, event_id, bot_id, kind, payload, once_key, state, attempts, due_at, lease_token, created_at)
        SELECT r.id, $2, r.bot_id, $3, $4, $7, 0, 0, $5, 0, $5 FROM notification_rules r
        WHERE r.bot_id = 
        """;

    private const string OfConversation = "(SELECT c.bot_id FROM conversations c WHERE c.id = $1)";

    private const string Rest = """
         AND r.disabled_reason IS NULL AND r.event_list LIKE $6
            AND (r.quiet_seconds = 0 OR NOT EXISTS (SELECT 1 FROM notifications n WHERE n.rule_id = r.id AND n.kind = $3 AND n.created_at > $5 - r.quiet_seconds * 
        """;

    private const string OnPostgres = Rest + "interval '1 second'" + Tail;
    private const string OnSqlite = Rest + "1000000" + Tail;
    private const string Tail = ")) ON CONFLICT DO NOTHING";

    // $1 conversation, $2 event, $3 kind, $4 data, $5 now, $6 the event as rules list it, $7 key or null.
    private const string AppendOnPostgres = Head + OfConversation + OnPostgres;
    private const string AppendOnSqlite = Head + OfConversation + OnSqlite;

    // The same, but $1 bot.
    private const string AppendOfBotOnPostgres = Head + "$1" + OnPostgres;
    private const string AppendOfBotOnSqlite = Head + "$1" + OnSqlite;

    public static async Task NotifyAsync(this NpgsqlConnection connection, ConversationId conversation, NotificationEvent happened, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(AppendOnPostgres, connection)
            .Value(conversation.Value).Value(happened.Id).Value(happened.Kind).Value(happened.Data).Value(TimeProvider.System.GetUtcNow()).Value(Listed(happened.Kind)).Value(happened.Once);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public static void Notify(this SqliteSession session, ConversationId conversation, NotificationEvent happened) =>
        session.Run(AppendOnSqlite, conversation.Value, happened.Id, happened.Kind, happened.Data, session.Now, Listed(happened.Kind), happened.Once);

    /// <summary>An event of a bot, in the connection's transaction.</summary>
    public static Task NotifyAsync(this DbConnection connection, NotificationEvent happened, DateTimeOffset now, CancellationToken cancellationToken) => connection.RunAsync(
        connection is NpgsqlConnection ? AppendOfBotOnPostgres : AppendOfBotOnSqlite, cancellationToken,
        happened.Bot.Value, happened.Id, happened.Kind, happened.Data, now, Listed(happened.Kind), happened.Once);

    /// <summary>In the context's transaction, and without harm to it when another process tells the same at the same time.</summary>
    public static async Task NotifyAsync(this ChatDbContext db, ConversationId conversation, NotificationEvent happened, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var isSqlite = db is SqliteChatDbContext;
        await using var command = AnalyticsStore.Command(
            db, isSqlite ? AppendOnSqlite : AppendOnPostgres, conversation.Value, happened.Id, happened.Kind, happened.Data,
            now, Listed(happened.Kind), happened.Once);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static string Listed(string kind) => $"%{NotificationRule.Listed(kind)}%";
}
