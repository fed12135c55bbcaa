using System.Text.Json;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.ApiService.Administration;

internal sealed record PageResponse<T>(IReadOnlyList<T> Items, string? NextCursor)
{
    public static PageResponse<T> Of<TSource>(Page<TSource> page, Func<TSource, T> map) => new([.. page.Items.Select(map)], page.NextCursor);
}

internal sealed record BotResponse(
    Guid Id, string Name, AiSettings Ai, ProcessingSettings Processing, int PromptVersion, int Version, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    public static BotResponse Of(Bot bot) =>
        new(bot.Id.Value, bot.Name, bot.Ai, bot.Processing, bot.PromptVersion, bot.Version, bot.CreatedAt, bot.UpdatedAt);
}

/// <param name="SecretNames">Which secrets are set; their values are never shown.</param>
/// <param name="WebhookUrl">Where the platform sends what happens; null for the web chat.</param>
/// <param name="PageUrl">The page to chat at; null for every other platform.</param>
/// <param name="DisabledReason">Why nothing is answered or sent; null while it works.</param>
/// <param name="Warnings">What did not work and is tried again.</param>
internal sealed record ConnectionResponse(
    Guid Id,
    Guid BotId,
    string Platform,
    string DisplayName,
    IReadOnlyList<string> SecretNames,
    JsonElement Settings,
    Uri? WebhookUrl,
    Uri? PageUrl,
    string? DisabledReason,
    int Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    IReadOnlyList<string> Warnings)
{
    public static ConnectionResponse Of(ConnectionView view, PublicAddress address, HttpRequest request)
    {
        var connection = view.Connection;
        var root = Requests.RootOf(request);
        var isPage = connection.Platform.Value == CreateDemoBot.Platform;
        using var settings = JsonDocument.Parse(connection.Settings);
        return new ConnectionResponse(
            connection.Id.Value,
            connection.BotId.Value,
            connection.Platform.Value,
            connection.DisplayName,
            view.SecretNames,
            settings.RootElement.Clone(),
            isPage ? null : address.Webhook(connection.Platform, connection.Id, root),
            isPage ? address.Page(connection.Id, root) : null,
            connection.DisabledReason,
            connection.Version,
            connection.CreatedAt,
            connection.UpdatedAt,
            view.Warnings);
    }
}

internal sealed record ConversationResponse(
    Guid Id,
    Guid BotId,
    Guid ConnectionId,
    string Platform,
    string ChatId,
    string ThreadId,
    bool IsGroup,
    string? Title,
    ConversationState State,
    string? Agent,
    DateTimeOffset CreatedAt,
    DateTimeOffset LastActivityAt,
    LaneResponse? Lane)
{
    public static ConversationResponse Of(ConversationView view)
    {
        var c = view.Conversation;
        return new ConversationResponse(
            c.Id.Value, c.BotId.Value, c.ConnectionId.Value, view.Platform.Value, c.ChatId, c.ThreadId, c.IsGroup, c.Title, c.State, c.Agent,
            c.CreatedAt, c.LastActivityAt, view.Lane is { } lane ? LaneResponse.Of(lane) : null);
    }
}

/// <summary>What the conversation's lane is doing.</summary>
/// <param name="AwaitsAnswer">Whether messages wait for their turn.</param>
/// <param name="AwaitsDelivery">Whether something that was said is still on its way.</param>
/// <param name="Attempts">Failed attempts at the turn in hand.</param>
internal sealed record LaneResponse(bool AwaitsAnswer, bool AwaitsDelivery, DateTimeOffset? DueAt, string? Worker, int Attempts)
{
    public static LaneResponse Of(Lane lane) => new(
        lane.LastSequence > lane.HandledSequence, lane.OutboundSequence > lane.DeliveredSequence, lane.DueAt, lane.LeaseOwner, lane.Attempts);
}

internal sealed record MessageResponse(
    Guid Id,
    long Sequence,
    Guid ConversationId,
    MessageAuthor Author,
    MessageKind Kind,
    string Text,
    string? ParticipantName,
    string? Agent,
    Guid? TurnId,
    long? AnswersSequence,
    Guid? ReplayOf,
    DateTimeOffset? SentAt,
    DateTimeOffset CreatedAt,
    DateTimeOffset? EditedAt,
    DateTimeOffset? DeletedAt,
    MessageContentResponse? Content,
    IReadOnlyList<PartResponse> Parts,
    InsightResponse? Insight)
{
    public static MessageResponse Of(MessageView view)
    {
        var m = view.Message;
        return new MessageResponse(
            m.Id, m.Sequence, m.ConversationId.Value, m.Author, m.Kind, m.Text, view.ParticipantName, m.Agent, m.TurnId, m.AnswersSequence, m.ReplayOf,
            m.SentAt, m.CreatedAt, m.EditedAt, m.DeletedAt, MessageContentResponse.Of(m.Content), [.. view.Parts.Select(PartResponse.Of)], InsightResponse.Of(view.Insight));
    }
}

/// <summary>What was found out about a participant's message.</summary>
/// <param name="SentimentScore">-1 to 1.</param>
/// <param name="Intent">One of the bot's; null: none of them.</param>
/// <param name="Language">ISO 639-1; null: it cannot be told.</param>
/// <param name="Failure">Why the model did not judge, one word; null: it did, or was not asked.</param>
internal sealed record InsightResponse(
    Sentiment Sentiment, double SentimentScore, string? Intent, string? Language, Urgency Urgency, InsightSource Source, string? Failure, string? Model, DateTimeOffset CreatedAt)
{
    public static InsightResponse? Of(Insight? i) =>
        i is null ? null : new(i.Sentiment, i.SentimentScore, i.Intent, i.Language, i.Urgency, i.Source, i.Failure, i.Model, i.CreatedAt);
}

/// <summary>What an inbound message carries beside its text.</summary>
/// <param name="Button">The button that was pressed.</param>
/// <param name="Quote">The message that it replies to.</param>
internal sealed record MessageContentResponse(
    IReadOnlyList<AttachmentResponse> Attachments, ButtonPress? Button, Quote? Quote, IReadOnlyList<Mention> Mentions, string? AlbumId, bool IsTranscribed)
{
    public static MessageContentResponse? Of(MessageContent? content) =>
        content is null ? null : new([.. content.Attachments.Select(AttachmentResponse.Of)], content.Button, content.Quote, content.Mentions, content.AlbumId, content.IsTranscribed);
}

/// <summary>Something attached to a message; the bytes stay with the platform.</summary>
/// <param name="Size">In bytes, as the platform says.</param>
internal sealed record AttachmentResponse(
    AttachmentKind Kind, string? Name, string? MimeType, long? Size, double? Latitude, double? Longitude, string? PhoneNumber)
{
    public static AttachmentResponse Of(Attachment a) => new(a.Kind, a.Name, a.MimeType, a.Size, a.Latitude, a.Longitude, a.PhoneNumber);
}

/// <summary>One platform message of an outbound message.</summary>
internal sealed record PartResponse(
    int Ordinal, PartState State, int Attempts, string? PlatformMessageId, string? Error, DateTimeOffset? SentAt, DateTimeOffset? DeliveredAt, DateTimeOffset? ReadAt)
{
    public static PartResponse Of(Part p) => new(p.Ordinal, p.State, p.Attempts, p.PlatformMessageId, p.Error, p.SentAt, p.DeliveredAt, p.ReadAt);
}

/// <param name="Outcome">What became of the message, one word.</param>
/// <param name="Reason">Why, one word, where there is a reason.</param>
internal sealed record TimelineResponse(
    Guid MessageId, Guid ConversationId, string Direction, string Outcome, string? Reason, IReadOnlyList<TimelineEntry> Entries)
{
    public static TimelineResponse Of(Timeline timeline)
    {
        var message = timeline.Message.Message;
        return new TimelineResponse(
            message.Id, message.ConversationId.Value, message.Author == MessageAuthor.Participant ? "inbound" : "outbound",
            timeline.Outcome, timeline.Reason, timeline.Entries);
    }
}
