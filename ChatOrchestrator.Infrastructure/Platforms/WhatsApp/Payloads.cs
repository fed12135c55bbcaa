using System.Text.Json.Serialization;
using ChatOrchestrator.Infrastructure.Platforms.Meta;

namespace ChatOrchestrator.Infrastructure.Platforms.WhatsApp;

// What we read of https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/components, named as there. Every field
// that is not here is skipped unread.

/// <summary>One element of <c>contacts</c>: who wrote. Without a phone number (<c>wa_id</c>) there is a <see href="https://developers.facebook.com/docs/whatsapp/business-scoped-user-ids">business-scoped user id</see>.</summary>
internal sealed class Contact
{
    public string? WaId { get; set; }

    public string? UserId { get; set; }

    public Profile? Profile { get; set; }
}

internal sealed class Profile
{
    public string? Name { get; set; }

    public string? Username { get; set; }
}

/// <summary>One element of <c>messages</c>; the field of its type is set.</summary>
internal sealed class Message
{
    public string? Id { get; set; }

    /// <summary>The phone number, where the person shows it.</summary>
    public string? From { get; set; }

    public string? FromUserId { get; set; }

    /// <summary>The group that it was written in; null: to the number alone.</summary>
    public string? GroupId { get; set; }

    /// <summary>Unix time in seconds.</summary>
    public long Timestamp { get; set; }

    public string? Type { get; set; }

    public Context? Context { get; set; }

    public Text? Text { get; set; }

    public MediaObject? Image { get; set; }

    public MediaObject? Audio { get; set; }

    public MediaObject? Video { get; set; }

    public MediaObject? Document { get; set; }

    public MediaObject? Sticker { get; set; }

    public Location? Location { get; set; }

    public ContactCard?[]? Contacts { get; set; }

    public Button? Button { get; set; }

    public Interactive? Interactive { get; set; }

    public Reaction? Reaction { get; set; }

    public Order? Order { get; set; }

    [JsonPropertyName("system")]
    public SystemChange? SystemChange { get; set; }

    public Edit? Edit { get; set; }

    public Revoke? Revoke { get; set; }
}

/// <summary>The message that this one replies to, or that a button belongs to.</summary>
internal sealed class Context
{
    /// <summary>Who wrote that message: a phone number.</summary>
    public string? From { get; set; }

    public string? Id { get; set; }
}

internal sealed class Text
{
    public string? Body { get; set; }
}

/// <summary>An image, audio, video, document or sticker.</summary>
internal sealed class MediaObject
{
    public string? Id { get; set; }

    public string? MimeType { get; set; }

    public string? Caption { get; set; }

    public string? Filename { get; set; }

    /// <summary>Of an audio: recorded in the chat.</summary>
    public bool Voice { get; set; }
}

internal sealed class Location
{
    public double? Latitude { get; set; }

    public double? Longitude { get; set; }

    public string? Name { get; set; }

    public string? Address { get; set; }
}

internal sealed class ContactCard
{
    public ContactName? Name { get; set; }

    public ContactPhone?[]? Phones { get; set; }
}

internal sealed class ContactName
{
    public string? FormattedName { get; set; }
}

internal sealed class ContactPhone
{
    public string? Phone { get; set; }

    public string? WaId { get; set; }
}

/// <summary>A quick reply of a template.</summary>
internal sealed class Button
{
    public string? Payload { get; set; }

    public string? Text { get; set; }
}

internal sealed class Interactive
{
    public Choice? ButtonReply { get; set; }

    public Choice? ListReply { get; set; }

    /// <summary>A completed form (a Flow).</summary>
    public FormReply? NfmReply { get; set; }
}

internal sealed class Choice
{
    public string? Id { get; set; }

    public string? Title { get; set; }
}

internal sealed class FormReply
{
    public string? Body { get; set; }

    public string? ResponseJson { get; set; }
}

internal sealed class Reaction
{
    public string? MessageId { get; set; }

    /// <summary>Absent or empty: taken back.</summary>
    public string? Emoji { get; set; }
}

internal sealed class Order
{
    public string? Text { get; set; }

    public ProductItem?[]? ProductItems { get; set; }
}

internal sealed class ProductItem
{
    public string? ProductRetailerId { get; set; }

    public double? Quantity { get; set; }

    public double? ItemPrice { get; set; }

    public string? Currency { get; set; }
}

/// <summary><see href="https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/messages/system">system</see>: a person's number or id has changed.</summary>
internal sealed class SystemChange
{
    public string? Type { get; set; }

    public string? WaId { get; set; }

    public string? NewWaId { get; set; }

    public string? UserId { get; set; }
}

internal sealed class Edit
{
    public string? OriginalMessageId { get; set; }

    public Message? Message { get; set; }
}

internal sealed class Revoke
{
    public string? OriginalMessageId { get; set; }
}

/// <summary>One element of <c>statuses</c>: how far a message of ours has come.</summary>
internal sealed class Status
{
    public string? Id { get; set; }

    /// <summary><c>sent</c>, <c>delivered</c>, <c>read</c>, <c>played</c> or <c>failed</c>.</summary>
    [JsonPropertyName("status")]
    public string? Name { get; set; }

    public string? RecipientId { get; set; }

    public string? RecipientUserId { get; set; }

    /// <summary>Of whom in a group it tells, where <see cref="RecipientId"/> is the group.</summary>
    public string? RecipientParticipantId { get; set; }

    public string? RecipientParticipantUserId { get; set; }

    public string? BizOpaqueCallbackData { get; set; }

    public StatusError?[]? Errors { get; set; }
}

internal sealed class StatusError
{
    public int Code { get; set; }
}

[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    NumberHandling = JsonNumberHandling.AllowReadingFromString,
    Converters = [typeof(StorableStringConverter)],
    MaxDepth = MetaWebhook.MaxDepth)]
[JsonSerializable(typeof(Contact))]
[JsonSerializable(typeof(Message))]
[JsonSerializable(typeof(Status))]
internal sealed partial class WhatsAppJson : JsonSerializerContext;
