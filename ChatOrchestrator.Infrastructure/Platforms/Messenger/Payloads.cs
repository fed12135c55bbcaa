using System.Text.Json;
using System.Text.Json.Serialization;
using ChatOrchestrator.Infrastructure.Platforms.Meta;

namespace ChatOrchestrator.Infrastructure.Platforms.Messenger;

// What we read of https://developers.facebook.com/docs/messenger-platform/reference/webhook-events, named as there. Every
// field that is not here is skipped unread.

/// <summary>One element of <c>messaging</c>: one of the fields below sender, recipient and timestamp is set.</summary>
internal sealed class MessagingItem
{
    public Party? Sender { get; set; }

    public Party? Recipient { get; set; }

    /// <summary>Unix time in milliseconds.</summary>
    public long Timestamp { get; set; }

    public Message? Message { get; set; }

    public MessageEdit? MessageEdit { get; set; }

    public Postback? Postback { get; set; }

    public Reaction? Reaction { get; set; }

    public Delivery? Delivery { get; set; }

    public Read? Read { get; set; }
}

/// <summary>A person by page-scoped id (PSID), or the page.</summary>
internal sealed class Party
{
    public string? Id { get; set; }
}

/// <summary><see href="https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/messages">messages</see> and <see href="https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/message-echoes">message_echoes</see>.</summary>
internal sealed class Message
{
    public string? Mid { get; set; }

    public string? Text { get; set; }

    public QuickReply? QuickReply { get; set; }

    public ReplyTo? ReplyTo { get; set; }

    public Attachment?[]? Attachments { get; set; }

    public bool IsEcho { get; set; }

    public bool IsDeleted { get; set; }

    /// <summary>On an echo: what the message was sent with.</summary>
    public string? Metadata { get; set; }
}

internal sealed class QuickReply
{
    public string? Payload { get; set; }
}

internal sealed class ReplyTo
{
    public string? Mid { get; set; }
}

internal sealed class Attachment
{
    /// <summary><c>image</c>, <c>audio</c>, <c>video</c>, <c>file</c>, <c>location</c>, <c>fallback</c>, <c>template</c>…</summary>
    public string? Type { get; set; }

    /// <summary>Of a <c>fallback</c>.</summary>
    public string? Title { get; set; }

    public string? Url { get; set; }

    public AttachmentPayload? Payload { get; set; }
}

internal sealed class AttachmentPayload
{
    public string? Url { get; set; }

    public string? Title { get; set; }

    public long? StickerId { get; set; }

    public Coordinates? Coordinates { get; set; }
}

internal sealed class Coordinates
{
    public double? Lat { get; set; }

    public double? Long { get; set; }
}

/// <summary><see href="https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/message-edits">message_edits</see>.</summary>
internal sealed class MessageEdit
{
    public string? Mid { get; set; }

    public string? Text { get; set; }

    public JsonElement NumEdit { get; set; }
}

/// <summary><see href="https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/messaging_postbacks">messaging_postbacks</see>.</summary>
internal sealed class Postback
{
    public string? Mid { get; set; }

    public string? Title { get; set; }

    public string? Payload { get; set; }
}

/// <summary><see href="https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/message-reactions">message_reactions</see>.</summary>
internal sealed class Reaction
{
    public string? Mid { get; set; }

    public string? Emoji { get; set; }

    [JsonPropertyName("reaction")]
    public string? Name { get; set; }

    /// <summary><c>react</c> or <c>unreact</c>.</summary>
    public string? Action { get; set; }
}

/// <summary><see href="https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/message-deliveries">message_deliveries</see>.</summary>
internal sealed class Delivery
{
    public string?[]? Mids { get; set; }

    /// <summary>Everything sent up to here has arrived; Unix time in milliseconds.</summary>
    public long Watermark { get; set; }
}

/// <summary><see href="https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/message-reads">message_reads</see>.</summary>
internal sealed class Read
{
    public long Watermark { get; set; }
}

[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    NumberHandling = JsonNumberHandling.AllowReadingFromString,
    Converters = [typeof(StorableStringConverter)],
    MaxDepth = MetaWebhook.MaxDepth)]
[JsonSerializable(typeof(MessagingItem))]
internal sealed partial class MessengerJson : JsonSerializerContext;
