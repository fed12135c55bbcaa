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

    public CallbackQuery? CallbackQuery { get; set; }

    public MessageReactionUpdated? MessageReaction { get; set; }

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

    /// <summary>The part of the replied message that was picked by hand.</summary>
    public TextQuote? Quote { get; set; }

    public string? MediaGroupId { get; set; }

    /// <summary>The same picture in several sizes.</summary>
    public PhotoSize?[]? Photo { get; set; }

    public MediaFile? Document { get; set; }

    public MediaFile? Animation { get; set; }

    public MediaFile? Audio { get; set; }

    public MediaFile? Voice { get; set; }

    public MediaFile? Video { get; set; }

    public MediaFile? VideoNote { get; set; }

    public Sticker? Sticker { get; set; }

    public Location? Location { get; set; }

    public Venue? Venue { get; set; }

    public Contact? Contact { get; set; }

    public User?[]? NewChatMembers { get; set; }

    public User? LeftChatMember { get; set; }

    /// <summary>Of a bot's message in a callback query.</summary>
    public InlineKeyboardMarkup? ReplyMarkup { get; set; }

    public long? MigrateToChatId { get; set; }

    public long? MigrateFromChatId { get; set; }
}

/// <summary>What matters of the message that was replied to.</summary>
internal sealed class RepliedMessage
{
    public long? MessageId { get; set; }

    public User? From { get; set; }

    public string? Text { get; set; }

    public string? Caption { get; set; }
}

/// <summary><see href="https://core.telegram.org/bots/api#textquote">TextQuote</see>.</summary>
internal sealed class TextQuote
{
    public string? Text { get; set; }
}

/// <summary><see href="https://core.telegram.org/bots/api#photosize">PhotoSize</see>.</summary>
internal sealed class PhotoSize
{
    public string? FileId { get; set; }

    public long Width { get; set; }

    public long Height { get; set; }

    public long? FileSize { get; set; }
}

/// <summary>
/// What <see href="https://core.telegram.org/bots/api#document">Document</see>, Animation, Audio, Voice, Video and VideoNote
/// have in common.
/// </summary>
internal sealed class MediaFile
{
    public string? FileId { get; set; }

    public string? FileName { get; set; }

    public string? MimeType { get; set; }

    public long? FileSize { get; set; }

    /// <summary>Of an audio file.</summary>
    public string? Performer { get; set; }

    /// <summary>Of an audio file.</summary>
    public string? Title { get; set; }
}

/// <summary><see href="https://core.telegram.org/bots/api#sticker">Sticker</see>.</summary>
internal sealed class Sticker
{
    public string? FileId { get; set; }

    public string? Emoji { get; set; }

    public bool IsAnimated { get; set; }

    public bool IsVideo { get; set; }

    public long? FileSize { get; set; }
}

/// <summary><see href="https://core.telegram.org/bots/api#location">Location</see>.</summary>
internal sealed class Location
{
    public double? Latitude { get; set; }

    public double? Longitude { get; set; }
}

/// <summary><see href="https://core.telegram.org/bots/api#venue">Venue</see>.</summary>
internal sealed class Venue
{
    public Location? Location { get; set; }

    public string? Title { get; set; }

    public string? Address { get; set; }
}

/// <summary><see href="https://core.telegram.org/bots/api#contact">Contact</see>.</summary>
internal sealed class Contact
{
    public string? PhoneNumber { get; set; }

    public string? FirstName { get; set; }

    public string? LastName { get; set; }
}

/// <summary><see href="https://core.telegram.org/bots/api#callbackquery">CallbackQuery</see>.</summary>
internal sealed class CallbackQuery
{
    public string? Id { get; set; }

    public User? From { get; set; }

    /// <summary>The message with the button; of an old one only chat and id.</summary>
    public Message? Message { get; set; }

    public string? Data { get; set; }
}

/// <summary><see href="https://core.telegram.org/bots/api#inlinekeyboardmarkup">InlineKeyboardMarkup</see>.</summary>
internal sealed class InlineKeyboardMarkup
{
    public InlineKeyboardButton?[]?[]? InlineKeyboard { get; set; }
}

/// <summary><see href="https://core.telegram.org/bots/api#inlinekeyboardbutton">InlineKeyboardButton</see>.</summary>
internal sealed class InlineKeyboardButton
{
    public string? Text { get; set; }

    public string? CallbackData { get; set; }
}

/// <summary><see href="https://core.telegram.org/bots/api#messagereactionupdated">MessageReactionUpdated</see>.</summary>
internal sealed class MessageReactionUpdated
{
    public Chat? Chat { get; set; }

    public long? MessageId { get; set; }

    public ReactionType?[]? OldReaction { get; set; }

    public ReactionType?[]? NewReaction { get; set; }
}

/// <summary><see href="https://core.telegram.org/bots/api#reactiontype">ReactionType</see>.</summary>
internal sealed class ReactionType
{
    public string? Type { get; set; }

    public string? Emoji { get; set; }

    public string? CustomEmojiId { get; set; }

    /// <summary>The emoji, or what stands for it.</summary>
    public string Name => Emoji ?? CustomEmojiId ?? Type ?? "unknown";
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

    public ChatMember? OldChatMember { get; set; }

    public ChatMember? NewChatMember { get; set; }
}

/// <summary><see href="https://core.telegram.org/bots/api#chatmember">ChatMember</see>.</summary>
internal sealed class ChatMember
{
    /// <summary>In a private chat <c>kicked</c> means blocked.</summary>
    public string? Status { get; set; }

    public User? User { get; set; }

    /// <summary>For <c>restricted</c>.</summary>
    public bool IsMember { get; set; }

    public bool IsThere => Status is "creator" or "administrator" or "member" || (Status == "restricted" && IsMember);
}

/// <summary>What a call is answered with: <see href="https://core.telegram.org/bots/api#making-requests"/>.</summary>
internal class ApiAnswer
{
    public bool Ok { get; set; }

    /// <summary>0: it is no error.</summary>
    public int ErrorCode { get; set; }

    /// <summary>Of an error.</summary>
    public string? Description { get; set; }

    /// <summary>Of an error that something can be done about.</summary>
    public ApiAnswerParameters? Parameters { get; set; }
}

/// <summary>The answer to a call that something is wanted of.</summary>
internal sealed class ApiAnswer<T> : ApiAnswer
{
    public T? Result { get; set; }
}

/// <summary><see href="https://core.telegram.org/bots/api#responseparameters">ResponseParameters</see>.</summary>
internal sealed class ApiAnswerParameters
{
    /// <summary>In seconds.</summary>
    public int? RetryAfter { get; set; }

    /// <summary>The group is a supergroup now, with this id.</summary>
    public long? MigrateToChatId { get; set; }
}

/// <summary>What matters of a message that was sent.</summary>
internal sealed class SentMessage
{
    [JsonRequired]
    public long MessageId { get; set; }

    /// <summary>The bot itself.</summary>
    public User? From { get; set; }
}

/// <summary><see href="https://core.telegram.org/bots/api#chatfullinfo">ChatFullInfo</see>.</summary>
internal sealed class ChatFullInfo
{
    [JsonRequired]
    public long Id { get; set; }

    /// <summary><c>private</c>, <c>group</c>, <c>supergroup</c> or <c>channel</c>.</summary>
    public string? Type { get; set; }

    public string? Title { get; set; }

    public string? FirstName { get; set; }

    public string? LastName { get; set; }
}

/// <summary><see href="https://core.telegram.org/bots/api#file">File</see>.</summary>
internal sealed class BotFile
{
    public string? FilePath { get; set; }
}

/// <summary><see href="https://core.telegram.org/bots/api#webhookinfo">WebhookInfo</see>.</summary>
internal sealed class WebhookInfo
{
    /// <summary>Empty: none is set.</summary>
    public string? Url { get; set; }

    public int PendingUpdateCount { get; set; }

    /// <summary>Unix time in seconds.</summary>
    public long? LastErrorDate { get; set; }

    public string? LastErrorMessage { get; set; }
}

// A depth that no real update reaches but that nesting in fields we skip cannot turn into a refusal.
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(StorableStringConverter)],
    MaxDepth = 512)]
[JsonSerializable(typeof(Update))]
[JsonSerializable(typeof(ApiAnswer))]
[JsonSerializable(typeof(ApiAnswer<SentMessage>))]
[JsonSerializable(typeof(ApiAnswer<SentMessage[]>))]
[JsonSerializable(typeof(ApiAnswer<User>))]
[JsonSerializable(typeof(ApiAnswer<ChatFullInfo>))]
[JsonSerializable(typeof(ApiAnswer<BotFile>))]
[JsonSerializable(typeof(ApiAnswer<WebhookInfo>))]
internal sealed partial class TelegramJson : JsonSerializerContext;
