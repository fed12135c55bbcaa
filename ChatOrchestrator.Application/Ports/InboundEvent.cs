using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Application.Ports;

/// <summary>Where on a platform: the chat, and the topic or thread in it (empty where there is none).</summary>
public readonly record struct ChatAddress(string ChatId, string ThreadId = "");

/// <summary>Something a platform told us, as its adapter read it. Every webhook body is a list of these.</summary>
public abstract record InboundEvent
{
    /// <summary>The platform's id, unique within the connection: a redelivery has the same.</summary>
    public required string PlatformId { get; init; }
}

/// <summary>A new message.</summary>
public sealed record InboundMessage : InboundEvent
{
    public required ChatAddress Chat { get; init; }

    public bool IsGroup { get; init; }

    /// <summary>The group's title or the person's name.</summary>
    public string? ChatTitle { get; init; }

    public required InboundAuthor Author { get; init; }

    public MessageKind Kind { get; init; }

    /// <summary>
    /// What was written: of an attachment without a caption a word for it in brackets (<c>[photo]</c>), of a button its
    /// label. This is what history and operators see.
    /// </summary>
    public required string Text { get; init; }

    /// <summary>What it carries beside the text; null: nothing.</summary>
    public MessageContent? Content { get; init; }

    /// <summary>When it was sent, by the platform's clock.</summary>
    public DateTimeOffset? SentAt { get; init; }
}

/// <summary>Who wrote an inbound message.</summary>
/// <param name="IsBot">Another bot, as the platform tells it.</param>
public sealed record InboundAuthor(string UserId, string? DisplayName = null, string? Username = null, string? Language = null, bool IsBot = false);

/// <summary>A message was changed by its author.</summary>
public sealed record InboundEdit : InboundEvent
{
    /// <summary>The <see cref="InboundEvent.PlatformId"/> of the message that was edited.</summary>
    public required string EditedPlatformId { get; init; }

    public required string Text { get; init; }
}

/// <summary>A message was taken back by its author: its text and content are deleted, and it is not answered any more.</summary>
public sealed record InboundDeletion : InboundEvent
{
    /// <summary>The <see cref="InboundEvent.PlatformId"/> of the message that was deleted.</summary>
    public required string DeletedPlatformId { get; init; }
}

/// <summary>Somebody reacted to a message, inbound or a part of an answer. Noted in its timeline.</summary>
public sealed record InboundReaction : InboundEvent
{
    public required ChatAddress Chat { get; init; }

    /// <summary>The platform's id of the message or part.</summary>
    public required string ReactedPlatformId { get; init; }

    /// <summary>The emoji, or the platform's name of it.</summary>
    public required string Reaction { get; init; }

    /// <summary>The platform does not say in which thread of the chat the message is (Slack).</summary>
    public bool InAnyThread { get; init; }

    /// <summary>The reaction was taken back.</summary>
    public bool Removed { get; init; }
}

/// <summary>Somebody (the bot too) joined or left a chat. Kept as an event.</summary>
public sealed record MembershipChanged : InboundEvent
{
    public required ChatAddress Chat { get; init; }

    public required string UserId { get; init; }

    public required bool Joined { get; init; }
}

/// <summary>A participant asks, through the platform, that everything about them is deleted (Meta's data deletion callback).</summary>
public sealed record ErasureRequested : InboundEvent
{
    public required string UserId { get; init; }

    /// <summary>What the receipt says beside the rows that were erased.</summary>
    public IReadOnlyDictionary<string, int>? Counts { get; init; }
}

/// <summary>A chat goes on under another id (Telegram: a group became a supergroup).</summary>
public sealed record ChatMigrated : InboundEvent
{
    public required string FromChatId { get; init; }

    public required string ToChatId { get; init; }
}

/// <summary>The participant blocked or unblocked the bot.</summary>
public sealed record ParticipantBlocked : InboundEvent
{
    public required string UserId { get; init; }

    public required bool Blocked { get; init; }
}

/// <summary>The platform says how far parts have come.</summary>
public sealed record DeliveryReceipt : InboundEvent
{
    public required ChatAddress Chat { get; init; }

    /// <summary>The platform's id of the part.</summary>
    public required string PartPlatformId { get; init; }

    public required PartState State { get; init; }

    /// <summary>
    /// What the part was sent with, when the platform echoes it (<see cref="IReconcilesDeliveries"/>). It finds the part
    /// also before its outcome is saved, and settles one whose outcome is not known; the chat is not looked at then.
    /// </summary>
    public PartReference? Reference { get; init; }

    public string? Error { get; init; }
}

/// <summary>The platform says that everything sent to a chat up to a time has come so far (Messenger's watermarks).</summary>
public sealed record DeliveryWatermark : InboundEvent
{
    public required ChatAddress Chat { get; init; }

    /// <summary><see cref="PartState.Delivered"/> or <see cref="PartState.Read"/>.</summary>
    public required PartState State { get; init; }

    public required DateTimeOffset Through { get; init; }
}

/// <summary>A kind that we do not use: stored as an event, answered with 200.</summary>
public sealed record IgnoredEvent : InboundEvent
{
    /// <summary>The platform's name of the kind.</summary>
    public required string Type { get; init; }
}
