using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Notifications;

namespace ChatOrchestrator.Infrastructure.Notifications;

/// <summary>A text with places: <c>{{id}}</c>, <c>{{type}}</c>, <c>{{at}}</c>, <c>{{bot.id}}</c>, <c>{{bot.name}}</c>, and <c>{{data.NAME}}</c> for what an event says.</summary>
internal static partial class EmailTemplate
{
    private static readonly Dictionary<string, (string Subject, string Body)> Defaults = new(StringComparer.Ordinal)
    {
        [NotificationKinds.HandoffRequested] = ("{{bot.name}}: a conversation is for a human now", "The bot is silent in conversation {{data.conversationId}} ({{data.reason}}; operator: {{data.agent}})."),
        [NotificationKinds.DeadLetter] = ("{{bot.name}}: a message failed for good ({{data.reason}})", "Message {{data.messageId}} of conversation {{data.conversationId}} was given up after {{data.attempts}} attempts ({{data.stage}}: {{data.reason}}). It is dead letter {{data.deadLetterId}}, which can be replayed."),
        [NotificationKinds.ConnectionDown] = ("{{bot.name}}: the connection to {{data.platform}} is down", "{{data.platform}} refuses connection {{data.connectionId}} ({{data.reason}}). Nothing is received or sent there until it is corrected and enabled."),
        [NotificationKinds.BudgetReached] = ("{{bot.name}}: a budget is used up", "The limit '{{data.limit}}' of {{data.period}} is reached (subject: {{data.subject}}). From now on: {{data.outcome}}."),
        [NotificationKinds.SentimentLow] = ("{{bot.name}}: somebody is unhappy", "Message {{data.messageId}} of conversation {{data.conversationId}} has the sentiment {{data.score}}."),
        [NotificationKinds.ConversationEnded] = ("{{bot.name}}: a conversation has ended", "Conversation {{data.conversationId}} was ended."),
        [NotificationKinds.Test] = ("{{bot.name}}: a test", "This notification was sent to try its rule out. It works."),
    };

    public static string SubjectOf(string kind) => Defaults.TryGetValue(kind, out var texts) ? texts.Subject : "{{bot.name}}: {{type}}";

    public static string BodyOf(string kind) => Defaults.TryGetValue(kind, out var texts) ? texts.Body : "{{type}}";

    /// <summary>The first place that there is not, or null.</summary>
    public static string? UnknownPlace(string template) =>
        Places().Matches(template).Select(m => m.Groups[1].Value).FirstOrDefault(place => !Known().IsMatch(place));

    /// <summary>What the event does not say is a dash.</summary>
    public static string Render(string template, OutgoingNotification notification) => Places().Replace(template, place => place.Groups[1].Value switch
    {
        "id" => notification.EventId.ToString(),
        "type" => notification.Kind,
        "at" => notification.At.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture),
        "bot.id" => notification.BotId.ToString(),
        "bot.name" => notification.BotName,
        var data => notification.Data.TryGetProperty(data["data.".Length..], out var value) && value.ValueKind is not JsonValueKind.Null ? value.ToString() : "-",
    });

    [GeneratedRegex(@"\{\{\s*([^{}]*?)\s*\}\}")]
    private static partial Regex Places();

    [GeneratedRegex(@"^(id|type|at|bot\.id|bot\.name|data\.[A-Za-z]+)$")]
    private static partial Regex Known();
}
