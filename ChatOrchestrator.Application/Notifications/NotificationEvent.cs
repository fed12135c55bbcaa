using System.Text.Json;
using System.Text.Json.Serialization;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Notifications;

namespace ChatOrchestrator.Application.Notifications;

/// <summary>Something that somebody may want to be told of. It says ids, words and numbers: never the text of a message, never a secret.</summary>
public sealed record NotificationEvent
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private NotificationEvent(string kind, BotId bot, object data, string? once = null) =>
        (Kind, Bot, Data, Once) = (kind, bot, JsonSerializer.Serialize(data, Json), once);

    /// <summary>A UUIDv7: the id by which receivers know it again.</summary>
    public Guid Id { get; } = Guid.CreateVersion7();

    /// <summary>One of <see cref="NotificationKinds"/>.</summary>
    public string Kind { get; }

    /// <summary>Not set where the store finds it out itself, by the conversation.</summary>
    public BotId Bot { get; }

    /// <summary>A JSON object.</summary>
    public string Data { get; }

    /// <summary>Of several events with the same key only the first is told; null: each is.</summary>
    public string? Once { get; }

    /// <param name="by">The operator who took it over; null: nobody has yet.</param>
    /// <param name="reason">A stable word: <c>operator</c>, or what asked for one (<c>intent</c>, <c>sentiment</c>…).</param>
    public static NotificationEvent HandoffRequested(BotId bot, ConversationId conversation, string? by, string reason) =>
        new(NotificationKinds.HandoffRequested, bot, new { conversationId = conversation.Value, agent = by, reason });

    public static NotificationEvent ConversationEnded(BotId bot, ConversationId conversation) =>
        new(NotificationKinds.ConversationEnded, bot, new { conversationId = conversation.Value });

    /// <summary>The store finds the bot.</summary>
    public static NotificationEvent DeadLetter(ConversationId conversation, Guid letter, Guid message, string stage, string reason, int attempts) =>
        new(NotificationKinds.DeadLetter, default, new { deadLetterId = letter, conversationId = conversation.Value, messageId = message, stage, reason, attempts });

    public static NotificationEvent ConnectionDown(BotId bot, ConnectionId connection, PlatformName platform, string reason) =>
        new(NotificationKinds.ConnectionDown, bot, new { connectionId = connection.Value, platform = platform.Value, reason });

    /// <summary>Told once for each limit, subject and period.</summary>
    /// <param name="limit">Which limit: <c>participant</c>, <c>bot</c>, <c>day</c>…</param>
    /// <param name="subject">Whose: an id, not a name; null: the bot's.</param>
    /// <param name="period">Which period, such as the day <c>2026-11-27</c>.</param>
    /// <param name="outcome">What happens from now on: a stable word.</param>
    public static NotificationEvent BudgetReached(BotId bot, string limit, string? subject, string period, string outcome, ConversationId? conversation = null) =>
        new(NotificationKinds.BudgetReached, bot, new { limit, subject, period, outcome, conversationId = conversation?.Value }, $"{NotificationKinds.BudgetReached}:{limit}:{subject}:{period}");

    /// <summary>Told once a day for each conversation.</summary>
    /// <param name="score">As the understanding of messages says it.</param>
    public static NotificationEvent SentimentLow(BotId bot, ConversationId conversation, Guid message, double score, DateOnly day) =>
        new(NotificationKinds.SentimentLow, bot, new { conversationId = conversation.Value, messageId = message, score }, FormattableString.Invariant($"{NotificationKinds.SentimentLow}:{conversation}:{day:O}"));

    internal static NotificationEvent Test(BotId bot) => new(NotificationKinds.Test, bot, new { test = true });
}
