using ChatOrchestrator.Domain.Conversations;

namespace ChatOrchestrator.Domain.Messages;

/// <summary>One platform message of an outbound message.</summary>
public sealed class Part
{
    private Part()
    {
    }

    /// <summary>A part that waits to be sent.</summary>
    public Part(Message message, int ordinal, string? body, string? format, string? plainBody)
    {
        MessageId = message.Id;
        ConversationId = message.ConversationId;
        Ordinal = ordinal;
        Body = body;
        Format = format;
        PlainBody = plainBody;
    }

    public Guid MessageId { get; private set; }

    /// <summary>The position within the message, from 0.</summary>
    public int Ordinal { get; private set; }

    public ConversationId ConversationId { get; private set; }

    /// <summary>What is sent, in <see cref="Format"/>; null: the message's text as it is.</summary>
    public string? Body { get; private set; }

    /// <summary>The platform's name of the markup in <see cref="Body"/> (<c>HTML</c>); null: plain text.</summary>
    public string? Format { get; private set; }

    /// <summary>The same without markup, sent when the platform refuses the markup; null: there is no markup.</summary>
    public string? PlainBody { get; private set; }

    public PartState State { get; private set; }

    /// <summary>How often it was sent.</summary>
    public int Attempts { get; private set; }

    /// <summary>The id that the platform gave it.</summary>
    public string? PlatformMessageId { get; private set; }

    /// <summary>The platform's reason for the last refusal: a stable word.</summary>
    public string? Error { get; private set; }

    public DateTimeOffset? SentAt { get; private set; }

    public DateTimeOffset? DeliveredAt { get; private set; }

    public DateTimeOffset? ReadAt { get; private set; }
}
