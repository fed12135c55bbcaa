using System.Text.Json.Serialization;

namespace ChatOrchestrator.Infrastructure.Platforms.Telegram;

// What we read of the Bot API's objects, named as in https://core.telegram.org/bots/api#available-types. Every field that
// is not here is skipped unread, so that it may change without harm. Settable properties and not init: the generated
// reader fills them in place, without a buffer of constructor arguments.

/// <summary><see href="https://core.telegram.org/bots/api#update">Update</see>: at most one of the other fields is set.</summary>
internal sealed class Update
{
    public long? UpdateId { get; set; }

    public Message? Message { get; set; }

    public Message? EditedMessage { get; set; }

    public ChatMemberUpdated? MyChatMember { get; set; }
}

/// <summary><see href="https://core.telegram.org/bots/api#message">Message</see>.</summary>
internal sealed class Message
{
    public long? MessageId { get; set; }

    public long? MessageThreadId { get; set; }

    public bool IsTopicMessage { get; set; }

    public bool IsAutomaticForward { get; set; }

    public User? From { get; set; }

    /// <summary>In whose name it was written: the group itself for an anonymous administrator, or a channel.</summary>
    public Chat? SenderChat { get; set; }

    public Chat? Chat { get; set; }

    /// <summary>Unix time in seconds.</summary>
    public long Date { get; set; }

    public string? Text { get; set; }

    public MessageEntity?[]? Entities { get; set; }

    public string? Caption { get; set; }

    public MessageEntity?[]? CaptionEntities { get; set; }

    public RepliedMessage? ReplyToMessage { get; set; }

    public long? MigrateToChatId { get; set; }

    public long? MigrateFromChatId { get; set; }
}

/// <summary>What matters of the message that was replied to.</summary>
internal sealed class RepliedMessage
{
    public long? MessageId { get; set; }

    public User? From { get; set; }
}

/// <summary><see href="https://core.telegram.org/bots/api#messageentity">MessageEntity</see>; offset and length in UTF-16 units.</summary>
internal sealed class MessageEntity
{
    public string? Type { get; set; }

    public int Offset { get; set; }

    public int Length { get; set; }

    /// <summary>For <c>text_mention</c>: the user without a username.</summary>
    public User? User { get; set; }
}

/// <summary><see href="https://core.telegram.org/bots/api#user">User</see>.</summary>
internal sealed class User
{
    public long Id { get; set; }

    public bool IsBot { get; set; }

    public string? FirstName { get; set; }

    public string? LastName { get; set; }

    public string? Username { get; set; }

    public string? LanguageCode { get; set; }
}

/// <summary><see href="https://core.telegram.org/bots/api#chat">Chat</see>.</summary>
internal sealed class Chat
{
    public long? Id { get; set; }

    /// <summary><c>private</c>, <c>group</c>, <c>supergroup</c> or <c>channel</c>.</summary>
    public string? Type { get; set; }

    public string? Title { get; set; }

    public string? Username { get; set; }
}

/// <summary><see href="https://core.telegram.org/bots/api#chatmemberupdated">ChatMemberUpdated</see>.</summary>
internal sealed class ChatMemberUpdated
{
    public Chat? Chat { get; set; }

    public User? From { get; set; }

    public ChatMember? NewChatMember { get; set; }
}

/// <summary><see href="https://core.telegram.org/bots/api#chatmember">ChatMember</see>.</summary>
internal sealed class ChatMember
{
    /// <summary>In a private chat <c>kicked</c> means blocked.</summary>
    public string? Status { get; set; }
}

/// <summary>What matters of an error that the Bot API answers to a call made without the client (<c>getUpdates</c>).</summary>
internal sealed class ApiAnswer
{
    public ApiAnswerParameters? Parameters { get; set; }
}

/// <summary><see href="https://core.telegram.org/bots/api#responseparameters">ResponseParameters</see>.</summary>
internal sealed class ApiAnswerParameters
{
    /// <summary>In seconds.</summary>
    public int? RetryAfter { get; set; }
}

// A depth that no real update reaches but that nesting in fields we skip cannot turn into a refusal.
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(StorableStringConverter)],
    MaxDepth = 512)]
[JsonSerializable(typeof(Update))]
[JsonSerializable(typeof(ApiAnswer))]
internal sealed partial class TelegramJson : JsonSerializerContext;
