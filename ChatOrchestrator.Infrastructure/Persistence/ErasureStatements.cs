using System.Text.Json;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Infrastructure.Persistence;

/// <summary>
/// How a participant is erased, in one transaction; both stores run the same text. Conversations with them alone are
/// deleted, their lanes first: who works on one is refused from then on. In groups their messages lose all that they said;
/// what others and the bot said stays, without quotes and mentions of them.
/// </summary>
internal static class ErasureStatements
{
    private const int MaxNameLength = 200;

    /// <summary>$1 connection, $2 user.</summary>
    public const string FindParticipant = "SELECT id FROM participants WHERE connection_id = $1 AND user_id = $2";

    /// <summary>$1 participant.</summary>
    public const string FindUser = "SELECT p.connection_id, p.user_id, c.bot_id FROM participants p LEFT JOIN connections c ON c.id = p.connection_id WHERE p.id = $1";

    /// <summary>$1 connection, $2 user, $3 participant. Of most platforms the user's id is the chat's, too, whether they ever wrote or not.</summary>
    public const string FindConversations = """
        SELECT id, chat_id, is_group FROM conversations WHERE connection_id = $1 AND chat_id = $2 AND NOT is_group
        UNION
        SELECT c.id, c.chat_id, c.is_group FROM participations p JOIN conversations c ON c.id = p.conversation_id WHERE p.participant_id = $3
        """;

    /// <summary>$1 conversation.</summary>
    public static readonly IReadOnlyList<(string Counted, string Sql)> OfPrivate =
    [
        ("lanes", "DELETE FROM lanes WHERE conversation_id = $1"),
        ("parts", "DELETE FROM parts WHERE message_id IN (SELECT id FROM messages WHERE conversation_id = $1)"),
        ("timelineEvents", "DELETE FROM timeline_events WHERE message_id IN (SELECT id FROM messages WHERE conversation_id = $1)"),
        ("deadLetters", "DELETE FROM dead_letters WHERE message_id IN (SELECT id FROM messages WHERE conversation_id = $1)"),
        ("suggestions", "DELETE FROM suggestions WHERE conversation_id = $1"),
        ("moderations", "DELETE FROM moderations WHERE conversation_id = $1"),
        ("summaries", "DELETE FROM summaries WHERE conversation_id = $1"),
        ("turns", "DELETE FROM turns WHERE conversation_id = $1"),
        ("messages", "DELETE FROM messages WHERE conversation_id = $1"),
        // Behind the messages: whoever adds an insight holds the message's row.
        ("insights", "DELETE FROM insights WHERE conversation_id = $1"),
        ("participations", "DELETE FROM participations WHERE conversation_id = $1"),
        ("conversations", "DELETE FROM conversations WHERE id = $1"),
    ];

    private const string Theirs = "SELECT id FROM messages WHERE conversation_id = $1 AND participant_id = $2";

    /// <summary>$1 conversation, $2 participant.</summary>
    public static readonly IReadOnlyList<(string Counted, string Sql)> OfGroup =
    [
        ("deadLetters", $"DELETE FROM dead_letters WHERE message_id IN ({Theirs})"),
        ("timelineEvents", $"DELETE FROM timeline_events WHERE message_id IN ({Theirs})"),
        ("moderations", $"DELETE FROM moderations WHERE message_id IN ({Theirs})"),
        ("insights", $"DELETE FROM insights WHERE message_id IN ({Theirs})"),
        // It says in other words what they said; the next one is written without.
        ("summaries", $"DELETE FROM summaries WHERE conversation_id = $1 AND EXISTS ({Theirs})"),
        ("suggestions", "DELETE FROM suggestions WHERE conversation_id = $1 AND answers_sequence IN (SELECT sequence FROM messages WHERE conversation_id = $1 AND participant_id = $2)"),
        ("participations", "DELETE FROM participations WHERE conversation_id = $1 AND participant_id = $2"),
    ];

    /// <summary>$1 conversation, $2 participant, $3 now. One that waits for its answer is not answered any more. The platform's id stays: without it a redelivery would bring the text back.</summary>
    public const string EmptyMessages = """
        UPDATE messages SET text = '', content = NULL, participant_id = NULL, deleted_at = COALESCE(deleted_at, $3),
            kind = CASE WHEN sequence > (SELECT handled_sequence FROM lanes WHERE conversation_id = $1) THEN 3 ELSE kind END
        WHERE conversation_id = $1 AND participant_id = $2
        """;

    /// <summary>$1 conversation, $2 when it is due. Whoever works on the lane has read what is gone now.</summary>
    public const string RevokeLane = """
        UPDATE lanes SET lease_token = lease_token + 1, lease_owner = NULL, hold_until = NULL, due_at = $2
        WHERE conversation_id = $1 AND last_sequence > handled_sequence
        """;

    /// <summary>$1 conversation, $2 participant.</summary>
    public const string FindMessageIds = "SELECT platform_message_id FROM messages WHERE conversation_id = $1 AND participant_id = $2 AND platform_message_id IS NOT NULL";

    /// <summary>$1 conversation, $2 participant.</summary>
    public const string FindOthersContent = """
        SELECT sequence, content FROM messages
        WHERE conversation_id = $1 AND content IS NOT NULL AND (participant_id IS NULL OR participant_id <> $2)
        """;

    /// <summary>$1 connection, $2 user or chat.</summary>
    public const string ForgetEvents = "UPDATE inbox_events SET subject = NULL WHERE connection_id = $1 AND subject = $2";

    /// <summary>$1 connection, $2 user.</summary>
    public const string DeleteParticipant = "DELETE FROM participants WHERE connection_id = $1 AND user_id = $2";

    /// <summary>$1 participant.</summary>
    public const string DeleteSpending = "DELETE FROM budget_days WHERE owner_id = $1";

    /// <summary>$1 id, $2 now, $3 connection, $4 participant, $5 who asked, $6 counts.</summary>
    public const string KeepReceipt = "INSERT INTO erasures (id, at, connection_id, participant_id, requested_by, counts) VALUES ($1, $2, $3, $4, $5, $6)";

    /// <summary>Who asked, as long as the receipt has room for; an address is up to 254 characters, and not all of the name.</summary>
    public static string NameOf(Actor requestedBy) => requestedBy.Name.Length <= MaxNameLength ? requestedBy.Name : requestedBy.Name[..MaxNameLength];

    /// <summary>What the audit log says of it: who did it, and the receipt.</summary>
    public static AuditEntry AuditOf(ErasureReceipt receipt, Actor requestedBy, BotId? bot, Guid participant) =>
        AuditEntry.Of(requestedBy, "participant.erased", "participant", participant, receipt.At, bot, new { erasureId = receipt.Id });

    /// <summary>Who asked, when it was the user through their platform.</summary>
    public const string ByPlatform = "platform";

    /// <summary>A claim that began before our commit may still see the lane as it was; by its own clock it must not be due yet.</summary>
    public static readonly TimeSpan AfterRevocation = TimeSpan.FromMilliseconds(250);

    /// <summary>Somebody else's content without what it tells of the erased; null: it tells nothing.</summary>
    public static MessageContent? Without(MessageContent content, string userId, IReadOnlySet<string> messageIds)
    {
        var quotes = content.Quote is { Text: not null } quote && messageIds.Contains(quote.PlatformId);
        var mentions = content.Mentions.Any(m => m.UserId == userId);
        return !quotes && !mentions ? null : content with
        {
            Quote = quotes ? content.Quote! with { Text = null } : content.Quote,
            Mentions = [.. content.Mentions.Where(m => m.UserId != userId)],
        };
    }

    /// <summary>Where rows are counted, beside what is said otherwise.</summary>
    public static SortedDictionary<string, int> CountsWith(IReadOnlyDictionary<string, int>? more)
    {
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var (name, count) in more ?? new Dictionary<string, int>())
        {
            counts[name] = count;
        }
        return counts;
    }

    public static string CountsJson(IReadOnlyDictionary<string, int> counts) => JsonSerializer.Serialize(counts);
}
