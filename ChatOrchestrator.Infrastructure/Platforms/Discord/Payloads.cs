using System.Text.Json;
using System.Text.Json.Serialization;

namespace ChatOrchestrator.Infrastructure.Platforms.Discord;

// What we read of Discord's objects, named as in https://discord.com/developers/docs. Every field that is not here is
// skipped unread, so that it may change without harm.

/// <summary><see href="https://discord.com/developers/docs/resources/user#user-object">User</see>.</summary>
internal sealed class User
{
    public string? Id { get; set; }

    public string? Username { get; set; }

    public string? GlobalName { get; set; }

    public bool? Bot { get; set; }

    /// <summary>The guild member, in a message's mentions.</summary>
    public GuildMember? Member { get; set; }
}

/// <summary><see href="https://discord.com/developers/docs/resources/guild#guild-member-object">Guild member</see>.</summary>
internal sealed class GuildMember
{
    public User? User { get; set; }

    public string? Nick { get; set; }
}

/// <summary><see href="https://discord.com/developers/docs/resources/message#message-object">Message</see>.</summary>
internal sealed class Message
{
    public string? Id { get; set; }

    public string? ChannelId { get; set; }

    /// <summary>Only in dispatches, and there only in a guild.</summary>
    public string? GuildId { get; set; }

    public User? Author { get; set; }

    public GuildMember? Member { get; set; }

    public string? Content { get; set; }

    public DateTimeOffset? Timestamp { get; set; }

    public DateTimeOffset? EditedTimestamp { get; set; }

    /// <summary>0: DEFAULT, 19: REPLY, 20: CHAT_INPUT_COMMAND; anything else is the platform speaking.</summary>
    public int? Type { get; set; }

    public string? WebhookId { get; set; }

    /// <summary>A number or a text.</summary>
    [JsonConverter(typeof(ScalarTextConverter))]
    public string? Nonce { get; set; }

    public List<User>? Mentions { get; set; }

    public List<string>? MentionRoles { get; set; }

    public List<MessageAttachment>? Attachments { get; set; }

    public List<StickerItem>? StickerItems { get; set; }

    public MessageReference? MessageReference { get; set; }

    public Message? ReferencedMessage { get; set; }

    public List<Component>? Components { get; set; }
}

/// <summary><see href="https://discord.com/developers/docs/resources/message#message-reference-structure">Message reference</see>.</summary>
internal sealed class MessageReference
{
    /// <summary>0: a reply, 1: a forward.</summary>
    public int? Type { get; set; }

    public string? MessageId { get; set; }
}

/// <summary><see href="https://discord.com/developers/docs/resources/message#attachment-object">Attachment</see>.</summary>
internal sealed class MessageAttachment
{
    public string? Id { get; set; }

    public string? Filename { get; set; }

    public string? ContentType { get; set; }

    public long? Size { get; set; }

    public string? Url { get; set; }

    /// <summary>Set of a voice message, in seconds.</summary>
    public double? DurationSecs { get; set; }
}

/// <summary><see href="https://discord.com/developers/docs/resources/sticker#sticker-item-object">Sticker item</see>.</summary>
internal sealed class StickerItem
{
    public string? Id { get; set; }

    public string? Name { get; set; }

    /// <summary>1: PNG, 2: APNG, 3: Lottie, 4: GIF.</summary>
    public int? FormatType { get; set; }
}

/// <summary><see href="https://discord.com/developers/docs/components/reference">Component</see>: a row (1) or a button (2).</summary>
internal sealed class Component
{
    public List<Component>? Components { get; set; }

    public string? CustomId { get; set; }

    public string? Label { get; set; }
}

/// <summary><see href="https://discord.com/developers/docs/events/gateway-events#message-delete">Message Delete</see> and the bulk form.</summary>
internal sealed class MessageDelete
{
    public string? Id { get; set; }

    public List<string>? Ids { get; set; }
}

/// <summary><see href="https://discord.com/developers/docs/events/gateway-events#message-reaction-add">Message Reaction Add and Remove</see>.</summary>
internal sealed class MessageReaction
{
    public string? UserId { get; set; }

    public string? ChannelId { get; set; }

    public string? MessageId { get; set; }

    public Emoji? Emoji { get; set; }
}

internal sealed class Emoji
{
    public string? Id { get; set; }

    public string? Name { get; set; }
}

/// <summary><see href="https://discord.com/developers/docs/events/gateway-events#ready">Ready</see>.</summary>
internal sealed class Ready
{
    public User? User { get; set; }

    public string? SessionId { get; set; }

    public string? ResumeGatewayUrl { get; set; }

    public Application? Application { get; set; }
}

internal sealed class Application
{
    public string? Id { get; set; }
}

/// <summary><see href="https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-object">Interaction</see>.</summary>
internal sealed class Interaction
{
    public string? Id { get; set; }

    public string? ApplicationId { get; set; }

    /// <summary>1: PING, 2: APPLICATION_COMMAND, 3: MESSAGE_COMPONENT, 4: autocomplete, 5: MODAL_SUBMIT.</summary>
    public int? Type { get; set; }

    public string? Token { get; set; }

    public string? GuildId { get; set; }

    public string? ChannelId { get; set; }

    public Channel? Channel { get; set; }

    public GuildMember? Member { get; set; }

    public User? User { get; set; }

    public string? Locale { get; set; }

    public Message? Message { get; set; }

    public InteractionData? Data { get; set; }
}

internal sealed class InteractionData
{
    public string? Name { get; set; }

    public List<CommandOption>? Options { get; set; }

    public string? CustomId { get; set; }
}

internal sealed class CommandOption
{
    public string? Name { get; set; }

    /// <summary>A text, a number, or true or false.</summary>
    [JsonConverter(typeof(ScalarTextConverter))]
    public string? Value { get; set; }

    public List<CommandOption>? Options { get; set; }
}

/// <summary><see href="https://discord.com/developers/docs/resources/channel#channel-object">Channel</see>.</summary>
internal sealed class Channel
{
    public string? Id { get; set; }

    public string? Name { get; set; }

    public string? GuildId { get; set; }
}

/// <summary><see href="https://discord.com/developers/docs/resources/guild#guild-object">Guild</see>, as <c>GUILD_CREATE</c> tells it.</summary>
internal sealed class Guild
{
    public string? Id { get; set; }

    public string? Name { get; set; }

    public List<Channel?>? Channels { get; set; }

    public List<Channel?>? Threads { get; set; }
}

/// <summary><see href="https://discord.com/developers/docs/events/gateway#get-gateway-bot">Get Gateway Bot</see>.</summary>
internal sealed class GatewayBot
{
    public string? Url { get; set; }

    public SessionStartLimit? SessionStartLimit { get; set; }
}

internal sealed class SessionStartLimit
{
    public int? Remaining { get; set; }

    /// <summary>In milliseconds.</summary>
    public long? ResetAfter { get; set; }
}

/// <summary>An error's body.</summary>
internal sealed class DiscordError
{
    public int? Code { get; set; }
}

/// <summary>Reads a text, a number or a truth value as a text, and anything else as nothing.</summary>
internal sealed class ScalarTextConverter : JsonConverter<string>
{
    private static readonly StorableStringConverter Text = new();

    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return Text.Read(ref reader, typeToConvert, options);
            case JsonTokenType.Number:
                return System.Text.Encoding.ASCII.GetString(reader.HasValueSequence ? System.Buffers.BuffersExtensions.ToArray(reader.ValueSequence) : reader.ValueSpan);
            case JsonTokenType.True or JsonTokenType.False:
                return reader.GetBoolean() ? "true" : "false";
            default:
                reader.Skip();
                return null;
        }
    }

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}

// A depth that no real payload reaches but that nesting in fields we skip cannot turn into a refusal.
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(StorableStringConverter)],
    NumberHandling = JsonNumberHandling.AllowReadingFromString,
    MaxDepth = 512)]
[JsonSerializable(typeof(Message))]
[JsonSerializable(typeof(List<Message>))]
[JsonSerializable(typeof(MessageDelete))]
[JsonSerializable(typeof(MessageReaction))]
[JsonSerializable(typeof(Ready))]
[JsonSerializable(typeof(User))]
[JsonSerializable(typeof(Application))]
[JsonSerializable(typeof(Interaction))]
[JsonSerializable(typeof(Channel))]
[JsonSerializable(typeof(Guild))]
[JsonSerializable(typeof(GatewayBot))]
[JsonSerializable(typeof(DiscordError))]
internal sealed partial class DiscordJson : JsonSerializerContext;
