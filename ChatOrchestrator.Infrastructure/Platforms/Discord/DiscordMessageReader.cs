using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Infrastructure.Platforms.Discord;

/// <summary>
/// Reads what the Gateway dispatches (https://discord.com/developers/docs/events/gateway-events#receive-events). A message
/// is known by its id, which is unique in all of Discord; what has no id of its own is known by its place in the session.
/// </summary>
internal static class DiscordMessageReader
{
    private const int MaxTypeLength = 60;

    // https://discord.com/developers/docs/resources/message#message-object-message-types: what people write.
    private const int Default = 0;
    private const int Reply = 19;

    /// <param name="eventId">Names this dispatch, the same when a resumed session repeats it.</param>
    /// <param name="type">The dispatch's name, such as <c>MESSAGE_CREATE</c>.</param>
    /// <returns>Nothing for a dispatch that says nothing about a chat.</returns>
    /// <exception cref="MalformedPayloadException">A field has another type than documented.</exception>
    public static IReadOnlyList<InboundEvent> Read(DiscordConnection connection, string eventId, string type, ReadOnlySpan<byte> data) => type switch
    {
        "MESSAGE_CREATE" => [ReadMessage(connection, eventId, Parse(data, DiscordJson.Default.Message))],
        "MESSAGE_UPDATE" => [ReadEdit(connection, eventId, Parse(data, DiscordJson.Default.Message))],
        "MESSAGE_DELETE" => [ReadDeletion(eventId, Parse(data, DiscordJson.Default.MessageDelete).Id)],
        "MESSAGE_DELETE_BULK" => [.. (Parse(data, DiscordJson.Default.MessageDelete).Ids ?? []).Select((id, i) => ReadDeletion($"{eventId}:{i}", id))],
        "MESSAGE_REACTION_ADD" => [ReadReaction(connection, eventId, Parse(data, DiscordJson.Default.MessageReaction), removed: false)],
        "MESSAGE_REACTION_REMOVE" => [ReadReaction(connection, eventId, Parse(data, DiscordJson.Default.MessageReaction), removed: true)],
        "GUILD_CREATE" or "GUILD_UPDATE" => LearnGuild(connection, data),
        "CHANNEL_CREATE" or "CHANNEL_UPDATE" or "THREAD_CREATE" or "THREAD_UPDATE" => LearnChannel(connection, data),
        // What else Discord says of guilds, channels and members is of no chat's concern, and there is much of it.
        "READY" or "RESUMED" or "GUILD_DELETE" or "TYPING_START" or "PRESENCE_UPDATE" or "CHANNEL_DELETE" or "CHANNEL_PINS_UPDATE" or "THREAD_DELETE"
            or "THREAD_LIST_SYNC" or "THREAD_MEMBER_UPDATE" or "THREAD_MEMBERS_UPDATE" or "GUILD_ROLE_CREATE" or "GUILD_ROLE_UPDATE" or "GUILD_ROLE_DELETE" => [],
        _ => [Ignored(eventId, type)],
    };

    public static IgnoredEvent Ignored(string eventId, string type) =>
        new() { PlatformId = eventId, Type = type is { Length: > 0 and <= MaxTypeLength } && System.Text.Ascii.IsValid(type) ? type.ToLowerInvariant() : "unknown" };

    /// <exception cref="MalformedPayloadException">It is not an object of this kind.</exception>
    public static T Parse<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new MalformedPayloadException("The body is empty.");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            // Without the exception: it can quote the body.
            throw new MalformedPayloadException("The body is not one of Discord's objects.");
        }
    }

    private static IReadOnlyList<InboundEvent> LearnGuild(DiscordConnection connection, ReadOnlySpan<byte> data)
    {
        connection.Places.Learn(Parse(data, DiscordJson.Default.Guild));
        return [];
    }

    private static IReadOnlyList<InboundEvent> LearnChannel(DiscordConnection connection, ReadOnlySpan<byte> data)
    {
        connection.Places.Learn(Parse(data, DiscordJson.Default.Channel));
        return [];
    }

    private static InboundEvent ReadMessage(DiscordConnection connection, string eventId, Message message)
    {
        var (id, channel) = IdsOf(message);
        if (message.Author is not { } author || !Snowflake.IsValid(author.Id))
        {
            throw new MalformedPayloadException("A message has no author.");
        }
        if (author.Id == connection.BotUserId)
        {
            // An echo: what we sent arrived, also when its answer was lost.
            return PartReference.TryParse(message.Nonce, out var reference)
                ? new DeliveryReceipt { PlatformId = eventId, Chat = new(channel), PartPlatformId = id, State = PartState.Delivered, Reference = reference }
                : Ignored(eventId, "own_message");
        }
        if (message.Type is not (null or Default or Reply))
        {
            return Ignored(eventId, $"message_type_{message.Type}");
        }
        if (message.MessageReference is { Type: 1 } && string.IsNullOrEmpty(message.Content) && message.Attachments is not { Count: > 0 })
        {
            return Ignored(eventId, "forwarded_message");
        }
        var isGuild = message.GuildId is not null;
        var text = DiscordMentions.Read(connection, message, out var mentions, out var isMentioned);
        var attachments = DiscordAttachments.Read(message);
        var isReply = message.MessageReference is { Type: null or 0, MessageId: not null };
        var quotesBot = isReply && message.ReferencedMessage?.Author?.Id is { } quoted && quoted == connection.BotUserId;
        var addressed = !isGuild || connection.Groups == GuildAnswers.All || (connection.Groups == GuildAnswers.Mention && (isMentioned || quotesBot));
        var content = attachments.Count > 0 || mentions.Count > 0 || isReply
            ? new MessageContent
            {
                Attachments = attachments,
                Mentions = mentions,
                Quote = isReply && Snowflake.IsValid(message.MessageReference!.MessageId)
                    ? new Quote(message.MessageReference.MessageId!, Text(message.ReferencedMessage?.Content), message.ReferencedMessage is null ? null : quotesBot)
                    : null,
            }
            : null;
        if (string.IsNullOrWhiteSpace(text))
        {
            text = attachments.Count > 0 ? DiscordAttachments.Word(attachments[0]) : isMentioned ? message.Content ?? "" : "";
        }
        return text.Length == 0
            // An embed, a poll, a component: nothing of it can be read without its content.
            ? new InboundMessage
            {
                PlatformId = id,
                Chat = new(channel),
                IsGroup = isGuild,
                ChatTitle = isGuild ? connection.Places.TitleOf(channel) : null,
                Author = AuthorOf(author, message.Member),
                Kind = addressed ? MessageKind.Unsupported : MessageKind.Overheard,
                Text = "[message]",
                SentAt = message.Timestamp,
            }
            : new InboundMessage
            {
                PlatformId = id,
                Chat = new(channel),
                IsGroup = isGuild,
                ChatTitle = isGuild ? connection.Places.TitleOf(channel) : NameOf(author, message.Member),
                Author = AuthorOf(author, message.Member) with { IsBot = author.Bot == true || message.WebhookId is not null },
                Kind = !addressed ? MessageKind.Overheard : DiscordCommands.IsOurs(text) ? MessageKind.Command : MessageKind.Text,
                Text = text,
                Content = content,
                SentAt = message.Timestamp,
            };
    }

    private static InboundEvent ReadEdit(DiscordConnection connection, string eventId, Message message)
    {
        var (id, _) = IdsOf(message);
        // Discord also "updates" a message when it has looked at a link in it: then it was not edited.
        return message.Author?.Id == connection.BotUserId || message.EditedTimestamp is null || string.IsNullOrEmpty(message.Content)
            ? Ignored(eventId, "message_update")
            : new InboundEdit { PlatformId = eventId, EditedPlatformId = id, Text = DiscordMentions.Read(connection, message, out _, out _) is { Length: > 0 } text ? text : message.Content };
    }

    private static InboundDeletion ReadDeletion(string eventId, string? id) =>
        Snowflake.IsValid(id)
            ? new InboundDeletion { PlatformId = eventId, DeletedPlatformId = id! }
            : throw new MalformedPayloadException("A deletion has no id.");

    private static InboundEvent ReadReaction(DiscordConnection connection, string eventId, MessageReaction reaction, bool removed)
    {
        if (!Snowflake.IsValid(reaction.MessageId) || !Snowflake.IsValid(reaction.ChannelId) || reaction.Emoji?.Name is not { Length: > 0 and <= 100 } name)
        {
            return Ignored(eventId, "message_reaction");
        }
        return reaction.UserId == connection.BotUserId
            ? Ignored(eventId, "own_reaction")
            : new InboundReaction { PlatformId = eventId, Chat = new(reaction.ChannelId!), ReactedPlatformId = reaction.MessageId!, Reaction = name, Removed = removed };
    }

    public static InboundAuthor AuthorOf(User user, GuildMember? member) => new(user.Id!, NameOf(user, member), user.Username, IsBot: user.Bot == true);

    public static string? NameOf(User user, GuildMember? member) => member?.Nick ?? user.GlobalName ?? user.Username;

    private static string? Text(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static (string Id, string Channel) IdsOf(Message message) =>
        Snowflake.IsValid(message.Id) && Snowflake.IsValid(message.ChannelId)
            ? (message.Id!, message.ChannelId!)
            : throw new MalformedPayloadException("A message has no id or no channel_id.");
}
