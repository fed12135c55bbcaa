using ChatOrchestrator.Application.Notifications;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Persistence.Analytics;
using ChatOrchestrator.Infrastructure.Persistence.Notifications;

namespace ChatOrchestrator.Infrastructure.Persistence.Sqlite;

/// <summary>What few turns and deliveries need beside the common statements, in the same transaction and behind their lease check.</summary>
internal static class SqliteLaneExtras
{
    private const string Forget = "UPDATE conversations SET forgotten_through = max(forgotten_through, $2) WHERE id = $1";

    private const string Reopen = "UPDATE conversations SET state = 0 WHERE id = $1 AND state = 2";

    private const string HandOver = "UPDATE conversations SET state = 1, agent = NULL WHERE id = $1 AND state <> 1";

    private const string DeadLetter = """
        INSERT INTO dead_letters (id, conversation_id, message_id, stage, reason, attempts, state, created_at) VALUES ($1, $2, $3, $4, $5, $6, 0, $7)
        """;

    private const string FailRest = "UPDATE parts SET state = 6, error = $3 WHERE message_id = $1 AND ordinal > $2 AND state IN (0, 1, 2)";

    private const string Move = """
        UPDATE conversations AS c SET chat_id = $2 WHERE c.id = $1
            AND NOT EXISTS (SELECT 1 FROM conversations o WHERE o.connection_id = c.connection_id AND o.chat_id = $2 AND o.thread_id = c.thread_id)
        """;

    private const string Block = """
        UPDATE participants SET blocked_at = $2
        WHERE (connection_id, user_id) = (SELECT connection_id, chat_id FROM conversations WHERE id = $1 AND NOT is_group)
        """;

    private const string Note = "INSERT INTO timeline_events (conversation_id, message_id, kind, detail, at) VALUES ($1, $2, $3, $4, $5)";

    private const string Moderate = """
        INSERT INTO moderations (id, conversation_id, bot_id, message_id, direction, action, reason, categories, text, state, created_at)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 WHERE NOT EXISTS (
            SELECT 1 FROM moderations k JOIN messages m ON m.id = k.message_id
            WHERE k.message_id = $4 AND k.direction = $5 AND k.action = $6 AND k.reason = $7 AND k.created_at >= COALESCE(m.edited_at, m.created_at))
        """;

    private const string BlockMessage = "UPDATE messages SET kind = 7 WHERE id = $1";

    private const string Unjudged = "UPDATE messages SET kind = 8 WHERE id = $1";

    public static void Apply(SqliteSession session, TurnCommit turn)
    {
        var conversation = turn.Lease.Conversation.Value;
        if (turn.Forget)
        {
            session.Run(Forget, conversation, turn.ThroughSequence);
        }
        if (turn.Reopen)
        {
            session.Run(Reopen, conversation);
        }
        if (turn.DeadLetterOf is { } message)
        {
            AddDeadLetter(session, turn.Lease.Conversation, message, "turn", turn.Reason ?? "failed", turn.Attempt);
        }
        if (turn.HandOver && session.Run(HandOver, conversation) > 0)
        {
            session.CountHandoff(turn.Lease.Conversation);
        }
        if (turn.Charge is { } charge)
        {
            SqliteBudgetStore.Settle(session, charge);
        }
        foreach (var happened in turn.Notifications)
        {
            session.Notify(turn.Lease.Conversation, happened);
        }
        foreach (var note in turn.Notes)
        {
            session.Run(Note, conversation, turn.MessageId, note.Kind, note.Detail, session.Now);
        }
        foreach (var record in turn.Moderations)
        {
            // What is read as history is judged by every process that reads it; what all find of it is kept once, until it is edited.
            if (session.Run(
                Moderate, record.Id, conversation, record.BotId.Value, record.MessageId, (int)record.Direction, (int)record.Action, record.Reason,
                ModerationWords.Json(record), record.Text, (int)record.State, session.Now) > 0)
            {
                session.Run(Note, conversation, record.MessageId, "moderated", ModerationWords.Detail(record), session.Now);
            }
            if (record is { Direction: ModerationDirection.Input, Action: ModerationAction.Block })
            {
                session.Run(BlockMessage, record.MessageId);
            }
        }
        foreach (var refused in turn.Unjudged)
        {
            session.Run(Unjudged, refused);
        }
        if (turn.TakenOverFrom is { } worker)
        {
            session.Run(Note, conversation, turn.MessageId, "taken_over", "from " + worker, session.Now);
        }
    }

    public static void Apply(SqliteSession session, DeliveryCommit delivery)
    {
        var conversation = delivery.Lease.Conversation.Value;
        if (delivery.Failure is { } failure)
        {
            session.Run(Note, conversation, failure.MessageId, "turn_failed", failure.Reason, session.Now);
        }
        if (delivery.Charge is { } charge)
        {
            SqliteBudgetStore.Settle(session, charge);
        }
        if (delivery.Part is not { } part)
        {
            return;
        }
        if (part.Error is not null)
        {
            var kind = "part_" + part.State.ToString().ToLowerInvariant();
            session.Run(Note, conversation, part.MessageId, kind, $"part {part.Ordinal}: {part.Error}", session.Now);
        }
        if (part.MayRepeat)
        {
            session.Run(Note, conversation, part.MessageId, "part_resent", $"part {part.Ordinal}: may have been delivered twice", session.Now);
        }
        if (part.FailsRest)
        {
            session.Run(FailRest, part.MessageId, part.Ordinal, part.Error);
        }
        if (part.DeadLetter)
        {
            AddDeadLetter(session, delivery.Lease.Conversation, part.MessageId, "delivery", part.Error ?? "failed", part.Attempts);
        }
        if (part.MovedToChatId is { } chatId)
        {
            session.Run(Move, conversation, chatId);
        }
        if (part.Blocked)
        {
            session.Run(Block, conversation, session.Now);
        }
    }

    private static void AddDeadLetter(SqliteSession session, ConversationId conversation, Guid message, string stage, string reason, int attempts)
    {
        var letter = Guid.CreateVersion7();
        session.Run(DeadLetter, letter, conversation.Value, message, stage, reason, attempts, session.Now);
        session.Notify(conversation, NotificationEvent.DeadLetter(conversation, letter, message, stage, reason, attempts));
    }
}
