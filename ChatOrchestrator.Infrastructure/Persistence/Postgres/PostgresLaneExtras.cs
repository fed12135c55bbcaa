using ChatOrchestrator.Application.Notifications;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Infrastructure.Persistence.Analytics;
using ChatOrchestrator.Infrastructure.Persistence.Notifications;
using Npgsql;
using NpgsqlTypes;

namespace ChatOrchestrator.Infrastructure.Persistence.Postgres;

/// <summary>What few turns and deliveries need beside the common statement, in the same transaction and behind its token check.</summary>
internal static class PostgresLaneExtras
{
    private const string Forget = "UPDATE conversations SET forgotten_through = GREATEST(forgotten_through, $2) WHERE id = $1";

    private const string Reopen = "UPDATE conversations SET state = 0 WHERE id = $1 AND state = 2";

    private const string HandOver = "UPDATE conversations SET state = 1, agent = NULL WHERE id = $1 AND state <> 1";

    private const string DeadLetter = """
        INSERT INTO dead_letters (id, conversation_id, message_id, stage, reason, attempts, state, created_at) VALUES ($1, $2, $3, $4, $5, $6, 0, now())
        """;

    private const string FailRest = "UPDATE parts SET state = 6, error = $3 WHERE message_id = $1 AND ordinal > $2 AND state IN (0, 1, 2)";

    private const string Move = """
        UPDATE conversations c SET chat_id = $2 WHERE c.id = $1
            AND NOT EXISTS (SELECT 1 FROM conversations o WHERE o.connection_id = c.connection_id AND o.chat_id = $2 AND o.thread_id = c.thread_id)
        """;

    private const string Block = """
        UPDATE participants p SET blocked_at = now() FROM conversations c
        WHERE c.id = $1 AND NOT c.is_group AND p.connection_id = c.connection_id AND p.user_id = c.chat_id
        """;

    private const string Note = "INSERT INTO timeline_events (conversation_id, message_id, kind, detail, at) VALUES ($1, $2, $3, $4, now())";

    private const string Unjudged = "UPDATE messages SET kind = 8 WHERE id = ANY($1)";

    /// <summary>$1–$10 the record, $11 the timeline's detail. What is read as history is judged by every process that reads it; what all find of it is kept once, until it is edited.</summary>
    private const string Moderate = """
        WITH kept AS (
            INSERT INTO moderations (id, conversation_id, bot_id, message_id, direction, action, reason, categories, text, state, created_at)
            SELECT $1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9, $10, now() WHERE NOT EXISTS (
                SELECT 1 FROM moderations k JOIN messages m ON m.id = k.message_id
                WHERE k.message_id = $4 AND k.direction = $5 AND k.action = $6 AND k.reason = $7 AND k.created_at >= COALESCE(m.edited_at, m.created_at))
            RETURNING id
        ), blocked AS (
            UPDATE messages SET kind = 7 WHERE id = $4 AND $5 = 0 AND $6 = 3
        )
        INSERT INTO timeline_events (conversation_id, message_id, kind, detail, at) SELECT $2, $4, 'moderated', $11, now() FROM kept
        """;

    public static bool HasExtras(TurnCommit turn) =>
        turn.Forget || turn.Reopen || turn.DeadLetterOf is not null || turn.TakenOverFrom is not null || turn.Notes.Count > 0 || turn.Moderations.Count > 0 || turn.Unjudged.Count > 0
        || turn.Charge is not null || turn.HandOver || turn.Notifications.Count > 0;

    public static bool HasExtras(DeliveryCommit delivery) =>
        delivery.Failure is not null || delivery.Charge is not null || delivery.Part is { } p && (p.FailsRest || p.DeadLetter || p.MovedToChatId is not null || p.Blocked || p.MayRepeat || p.Error is not null);

    public static async Task ApplyAsync(NpgsqlConnection connection, TurnCommit turn, CancellationToken token)
    {
        var conversation = turn.Lease.Conversation.Value;
        if (turn.Forget)
        {
            await RunAsync(new NpgsqlCommand(Forget, connection).Value(conversation).Value(turn.ThroughSequence), token);
        }
        if (turn.Reopen)
        {
            await RunAsync(new NpgsqlCommand(Reopen, connection).Value(conversation), token);
        }
        if (turn.DeadLetterOf is { } message)
        {
            await AddDeadLetterAsync(connection, turn.Lease.Conversation, message, "turn", turn.Reason ?? "failed", turn.Attempt, token);
        }
        if (turn.HandOver && await RunAsync(new NpgsqlCommand(HandOver, connection).Value(conversation), token) > 0)
        {
            await connection.CountHandoffAsync(turn.Lease.Conversation, token);
        }
        foreach (var happened in turn.Notifications)
        {
            await connection.NotifyAsync(turn.Lease.Conversation, happened, token);
        }
        foreach (var note in turn.Notes)
        {
            await RunAsync(new NpgsqlCommand(Note, connection).Value(conversation).Value(turn.MessageId).Value(note.Kind).Value<string?>(note.Detail), token);
        }
        foreach (var record in turn.Moderations)
        {
            await RunAsync(
                new NpgsqlCommand(Moderate, connection).Value(record.Id).Value(conversation).Value(record.BotId.Value).Value(record.MessageId)
                    .Value((int)record.Direction).Value((int)record.Action).Value(record.Reason).Value(ModerationWords.Json(record)).Value<string?>(record.Text)
                    .Value((int)record.State).Value<string?>(ModerationWords.Detail(record)),
                token);
        }
        if (turn.Unjudged.Count > 0)
        {
            await RunAsync(new NpgsqlCommand(Unjudged, connection).Column(turn.Unjudged, NpgsqlDbType.Uuid, id => id), token);
        }
        if (turn.TakenOverFrom is { } worker)
        {
            await RunAsync(new NpgsqlCommand(Note, connection).Value(conversation).Value(turn.MessageId).Value("taken_over").Value<string?>("from " + worker), token);
        }
    }

    public static async Task ApplyAsync(NpgsqlConnection connection, DeliveryCommit delivery, CancellationToken token)
    {
        var conversation = delivery.Lease.Conversation.Value;
        if (delivery.Failure is { } failure)
        {
            await RunAsync(new NpgsqlCommand(Note, connection).Value(conversation).Value(failure.MessageId).Value("turn_failed").Value<string?>(failure.Reason), token);
        }
        if (delivery.Part is not { } part)
        {
            return;
        }
        if (part.Error is not null)
        {
            var kind = "part_" + part.State.ToString().ToLowerInvariant();
            await RunAsync(new NpgsqlCommand(Note, connection).Value(conversation).Value(part.MessageId).Value(kind).Value<string?>($"part {part.Ordinal}: {part.Error}"), token);
        }
        if (part.MayRepeat)
        {
            await RunAsync(new NpgsqlCommand(Note, connection).Value(conversation).Value(part.MessageId).Value("part_resent").Value<string?>($"part {part.Ordinal}: may have been delivered twice"), token);
        }
        if (part.FailsRest)
        {
            await RunAsync(new NpgsqlCommand(FailRest, connection).Value(part.MessageId).Value(part.Ordinal).Value<string?>(part.Error), token);
        }
        if (part.DeadLetter)
        {
            await AddDeadLetterAsync(connection, delivery.Lease.Conversation, part.MessageId, "delivery", part.Error ?? "failed", part.Attempts, token);
        }
        if (part.MovedToChatId is { } chatId)
        {
            await RunAsync(new NpgsqlCommand(Move, connection).Value(conversation).Value(chatId), token);
        }
        if (part.Blocked)
        {
            await RunAsync(new NpgsqlCommand(Block, connection).Value(conversation), token);
        }
    }

    private static async Task AddDeadLetterAsync(
        NpgsqlConnection connection, ConversationId conversation, Guid message, string stage, string reason, int attempts, CancellationToken token)
    {
        var letter = Guid.CreateVersion7();
        await RunAsync(new NpgsqlCommand(DeadLetter, connection).Value(letter).Value(conversation.Value).Value(message).Value(stage).Value(reason).Value(attempts), token);
        await connection.NotifyAsync(conversation, NotificationEvent.DeadLetter(conversation, letter, message, stage, reason, attempts), token);
    }

    private static async Task<int> RunAsync(NpgsqlCommand command, CancellationToken token)
    {
        await using (command)
        {
            return await command.ExecuteNonQueryAsync(token);
        }
    }
}
