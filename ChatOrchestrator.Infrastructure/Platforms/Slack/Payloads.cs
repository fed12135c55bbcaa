using System.Text.Json;
using System.Text.Json.Serialization;

namespace ChatOrchestrator.Infrastructure.Platforms.Slack;

// What we read of Slack's objects, named as in https://docs.slack.dev/reference/events. Every field that is not here is
// skipped unread, so that it may change without harm.

/// <summary>The wrapper of the <see href="https://docs.slack.dev/apis/events-api/#callback-field">Events API</see> and of <c>url_verification</c>.</summary>
internal class EventWrapper
{
    public string? Type { get; set; }

    public string? Challenge { get; set; }

    public string? ApiAppId { get; set; }

    public string? EventId { get; set; }

    /// <summary>For which installation the event is sent.</summary>
    public Authorization?[]? Authorizations { get; set; }
}

internal sealed class EventWrapper<TEvent> : EventWrapper
{
    public TEvent? Event { get; set; }
}

internal sealed class Authorization
{
    public string? TeamId { get; set; }

    public string? UserId { get; set; }

    public bool IsBot { get; set; }

    public bool IsEnterpriseInstall { get; set; }
}

/// <summary>What says how the rest of an event is to be read.</summary>
internal sealed class EventHead
{
    public string? Type { get; set; }

    public string? Subtype { get; set; }
}

/// <summary><see href="https://docs.slack.dev/reference/events/message/">message</see> and <c>app_mention</c>.</summary>
internal sealed class MessageEvent : SlackMessage
{
    public string? Channel { get; set; }

    /// <summary><c>im</c>, <c>mpim</c>, <c>channel</c> or <c>group</c>; not in an <c>app_mention</c>.</summary>
    public string? ChannelType { get; set; }

    /// <summary>For <c>message_deleted</c>.</summary>
    public string? DeletedTs { get; set; }

    /// <summary>For <c>message_changed</c>: the message as it is now.</summary>
    public SlackMessage? Message { get; set; }

    public SlackMessage? PreviousMessage { get; set; }
}

internal class SlackMessage
{
    public string? Subtype { get; set; }

    public string? Ts { get; set; }

    public string? ThreadTs { get; set; }

    /// <summary>Who began the thread.</summary>
    public string? ParentUserId { get; set; }

    public string? User { get; set; }

    public string? BotId { get; set; }

    /// <summary>The app that posted it.</summary>
    public string? AppId { get; set; }

    public BotProfile? BotProfile { get; set; }

    /// <summary>The name a <c>bot_message</c> goes by.</summary>
    public string? Username { get; set; }

    public string? Text { get; set; }

    public SlackFile?[]? Files { get; set; }

    /// <summary>Shared messages and other secondary content.</summary>
    public MessageAttachment?[]? Attachments { get; set; }

    public EditedMark? Edited { get; set; }

    public MessageMetadata? Metadata { get; set; }
}

internal sealed class BotProfile
{
    public string? Name { get; set; }

    public string? AppId { get; set; }
}

internal sealed class EditedMark
{
    public string? Ts { get; set; }
}

internal sealed class MessageAttachment
{
    public string? Text { get; set; }

    public string? Fallback { get; set; }
}

/// <summary><see href="https://docs.slack.dev/messaging/message-metadata">Metadata</see> that an app put there: of what kind, each app decides.</summary>
internal sealed class MessageMetadata
{
    public string? EventType { get; set; }

    public JsonElement EventPayload { get; set; }

    /// <summary>What the bot sent a part with; null: it is no part.</summary>
    [JsonIgnore]
    public string? Reference =>
        EventType == SlackMessageReader.PartEventType && EventPayload.ValueKind == JsonValueKind.Object
            && EventPayload.TryGetProperty("reference", out var reference) && reference.ValueKind == JsonValueKind.String
            ? reference.GetString()
            : null;
}

/// <summary><see href="https://docs.slack.dev/reference/objects/file-object">File object</see>.</summary>
internal sealed class SlackFile
{
    public string? Id { get; set; }

    public string? Name { get; set; }

    public string? Title { get; set; }

    public string? Mimetype { get; set; }

    /// <summary><c>slack_audio</c> and <c>slack_video</c>: recorded in the app.</summary>
    public string? Subtype { get; set; }

    /// <summary><c>hosted</c>, <c>external</c>, <c>snippet</c>, <c>post</c>, <c>tombstone</c>, <c>hidden_by_limit</c>…</summary>
    public string? Mode { get; set; }

    public long? Size { get; set; }

    public string? UrlPrivate { get; set; }

    public string? UrlPrivateDownload { get; set; }
}

/// <summary><see href="https://docs.slack.dev/reference/events/reaction_added/">reaction_added</see> and <c>reaction_removed</c>.</summary>
internal sealed class ReactionEvent
{
    public string? User { get; set; }

    public string? Reaction { get; set; }

    public ReactionItem? Item { get; set; }
}

internal sealed class ReactionItem
{
    public string? Type { get; set; }

    public string? Channel { get; set; }

    public string? Ts { get; set; }
}

/// <summary><see href="https://docs.slack.dev/reference/events/member_joined_channel/">member_joined_channel</see> and <c>member_left_channel</c>.</summary>
internal sealed class MembershipEvent
{
    public string? User { get; set; }

    public string? Channel { get; set; }
}

/// <summary>What says how an interaction is to be read, and what names it.</summary>
internal sealed class InteractionHead
{
    public string? Type { get; set; }

    public string? TriggerId { get; set; }

    public string? ActionTs { get; set; }

    /// <summary>The workspace; null where the app is installed in a whole organisation.</summary>
    public InteractionTeam? Team { get; set; }
}

internal sealed class InteractionTeam
{
    public string? Id { get; set; }
}

/// <summary><see href="https://docs.slack.dev/reference/interaction-payloads/block_actions-payload/">block_actions</see>.</summary>
internal sealed class BlockActions
{
    public string? TriggerId { get; set; }

    public string? ResponseUrl { get; set; }

    public InteractionUser? User { get; set; }

    public NamedChannel? Channel { get; set; }

    public ActionContainer? Container { get; set; }

    public SlackMessage? Message { get; set; }

    public BlockAction?[]? Actions { get; set; }
}

internal sealed class InteractionUser
{
    public string? Id { get; set; }

    public string? Name { get; set; }

    public string? Username { get; set; }
}

internal sealed class NamedChannel
{
    public string? Id { get; set; }

    public string? Name { get; set; }
}

internal sealed class ActionContainer
{
    public string? MessageTs { get; set; }

    public string? ThreadTs { get; set; }

    public string? ChannelId { get; set; }

    public bool IsEphemeral { get; set; }
}

internal sealed class BlockAction
{
    public string? ActionId { get; set; }

    public string? ActionTs { get; set; }

    public string? Type { get; set; }

    public string? Value { get; set; }

    public TextObject? Text { get; set; }

    public SelectedOption? SelectedOption { get; set; }
}

internal sealed class SelectedOption
{
    public string? Value { get; set; }

    public TextObject? Text { get; set; }
}

internal sealed class TextObject
{
    public string? Text { get; set; }
}

/// <summary>A message of <see href="https://docs.slack.dev/apis/events-api/using-socket-mode/">Socket Mode</see>.</summary>
internal sealed class SocketEnvelope
{
    /// <summary><c>hello</c>, <c>disconnect</c>, <c>events_api</c>, <c>interactive</c> or <c>slash_commands</c>.</summary>
    public string? Type { get; set; }

    /// <summary>For <c>disconnect</c>: <c>warning</c>, <c>refresh_requested</c> or <c>link_disabled</c>.</summary>
    public string? Reason { get; set; }

    public string? EnvelopeId { get; set; }

    public JsonElement Payload { get; set; }
}

[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(StorableStringConverter)],
    MaxDepth = 512)]
[JsonSerializable(typeof(EventWrapper<EventHead>), TypeInfoPropertyName = "EventHeadWrapper")]
[JsonSerializable(typeof(EventWrapper<MessageEvent>), TypeInfoPropertyName = "MessageWrapper")]
[JsonSerializable(typeof(EventWrapper<ReactionEvent>), TypeInfoPropertyName = "ReactionWrapper")]
[JsonSerializable(typeof(EventWrapper<MembershipEvent>), TypeInfoPropertyName = "MembershipWrapper")]
[JsonSerializable(typeof(InteractionHead))]
[JsonSerializable(typeof(BlockActions))]
[JsonSerializable(typeof(SlashCommand))]
[JsonSerializable(typeof(SocketEnvelope))]
[JsonSerializable(typeof(ApiAnswer))]
internal sealed partial class SlackJson : JsonSerializerContext;
