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

    public required string Text { get; init; }

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

/// <summary>A kind that we do not use: stored as an event, answered with 200.</summary>
public sealed record IgnoredEvent : InboundEvent
{
    /// <summary>The platform's name of the kind.</summary>
    public required string Type { get; init; }
}
