using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace ChatOrchestrator.Simulator.Telegram;

// Objects of the Bot API with the members that the simulator uses; names as in https://core.telegram.org/bots/api#available-types

/// <summary>https://core.telegram.org/bots/api#user</summary>
internal sealed record User(long Id, bool IsBot, string FirstName)
{
    public string? LastName { get; init; }

    public string? Username { get; init; }

    public string? LanguageCode { get; init; }
}

/// <summary>The result of <c>getMe</c>: a user with the three flags that only it carries.</summary>
internal sealed record BotUser(long Id, string FirstName, string Username, bool CanReadAllGroupMessages)
{
    public bool IsBot { get; } = true;

    public bool CanJoinGroups { get; } = true;

    public bool SupportsInlineQueries { get; }

    public bool CanConnectToBusiness { get; }

    public bool HasMainWebApp { get; }
}

/// <summary>https://core.telegram.org/bots/api#chat</summary>
internal sealed record ChatInfo(long Id, string Type)
{
    public string? Title { get; init; }

    public string? Username { get; init; }

    public string? FirstName { get; init; }

    public string? LastName { get; init; }

    public bool? IsForum { get; init; }

    [JsonIgnore]
    public bool IsPrivate => Type == "private";
}

/// <summary>https://core.telegram.org/bots/api#messageentity; offset and length in UTF-16 code units.</summary>
internal sealed record MessageEntity(string Type, int Offset, int Length)
{
    public string? Url { get; init; }

    public User? User { get; init; }

    public string? Language { get; init; }

    public string? CustomEmojiId { get; init; }

    public int? UnixTime { get; init; }

    public string? DateTimeFormat { get; init; }
}

/// <summary>https://core.telegram.org/bots/api#message</summary>
internal sealed record Message(int MessageId, ChatInfo Chat, long Date)
{
    public int? MessageThreadId { get; init; }

    public bool? IsTopicMessage { get; init; }

    public User? From { get; init; }

    public long? EditDate { get; init; }

    public Message? ReplyToMessage { get; init; }

    public TextQuote? Quote { get; init; }

    public string? Text { get; init; }

    public IReadOnlyList<MessageEntity>? Entities { get; init; }

    public string? MediaGroupId { get; init; }

    public string? Caption { get; init; }

    public IReadOnlyList<MessageEntity>? CaptionEntities { get; init; }

    public bool? ShowCaptionAboveMedia { get; init; }

    public IReadOnlyList<PhotoSize>? Photo { get; init; }

    public MediaFile? Document { get; init; }

    public MediaFile? Animation { get; init; }

    public MediaFile? Audio { get; init; }

    public MediaFile? Voice { get; init; }

    public MediaFile? Video { get; init; }

    public MediaFile? VideoNote { get; init; }

    public MediaFile? Sticker { get; init; }

    public Location? Location { get; init; }

    public Venue? Venue { get; init; }

    public Contact? Contact { get; init; }

    public JsonNode? ReplyMarkup { get; init; }

    public IReadOnlyList<User>? NewChatMembers { get; init; }

    public User? LeftChatMember { get; init; }

    public long? MigrateToChatId { get; init; }

    public long? MigrateFromChatId { get; init; }
}

/// <summary>https://core.telegram.org/bots/api#textquote</summary>
internal sealed record TextQuote(string Text, int Position, bool IsManual);

/// <summary>https://core.telegram.org/bots/api#callbackquery</summary>
internal sealed record CallbackQuery(string Id, User From, Message Message, string ChatInstance, string Data);

/// <summary>https://core.telegram.org/bots/api#chatmember, the members that every kind has.</summary>
internal sealed record ChatMember(User User, string Status)
{
    /// <summary>Only for <c>kicked</c>: 0 means for ever.</summary>
    public long? UntilDate { get; init; }
}

/// <summary>https://core.telegram.org/bots/api#chatmemberupdated</summary>
internal sealed record ChatMemberUpdated(ChatInfo Chat, User From, long Date, ChatMember OldChatMember, ChatMember NewChatMember);

/// <summary>https://core.telegram.org/bots/api#reactiontypeemoji</summary>
internal sealed record ReactionType(string Type, string Emoji);

/// <summary>https://core.telegram.org/bots/api#messagereactionupdated</summary>
internal sealed record MessageReactionUpdated(
    ChatInfo Chat, int MessageId, User User, long Date, IReadOnlyList<ReactionType> OldReaction, IReadOnlyList<ReactionType> NewReaction);

/// <summary>https://core.telegram.org/bots/api#webhookinfo</summary>
internal sealed record WebhookInfo(string Url, bool HasCustomCertificate, int PendingUpdateCount)
{
    public string? IpAddress { get; init; }

    public long? LastErrorDate { get; init; }

    public string? LastErrorMessage { get; init; }

    public int? MaxConnections { get; init; }

    public IReadOnlyList<string>? AllowedUpdates { get; init; }
}
