using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Application.Ports;

/// <summary>The durable inbox. Every call is one commit; all throw <see cref="StoreUnavailableException"/> when the store is down.</summary>
public interface IInboxStore
{
    /// <summary>Finds or creates the conversation (with its lane) and the participant of each message, in the order given.</summary>
    Task<IReadOnlyList<ResolvedAddress>> ResolveAsync(IReadOnlyList<InboxAddress> addresses, CancellationToken cancellationToken);

    /// <summary>
    /// Stores messages and marks their lanes as due. A message whose platform id is known already is left out, so that a
    /// redelivery is a no-op. Results stand in the order given; messages of one conversation keep their order.
    /// </summary>
    Task<IReadOnlyList<AppendResult>> AppendAsync(IReadOnlyList<InboxMessage> messages, CancellationToken cancellationToken);

    /// <summary>Stores what is not a message and applies it (an edit changes the message's text, a receipt moves a part forward). Known ones are left out.</summary>
    /// <returns>How many were new.</returns>
    Task<int> RecordAsync(ConnectionId connection, IReadOnlyList<InboundEvent> events, CancellationToken cancellationToken);
}

/// <summary>Where a message belongs and who wrote it.</summary>
public sealed record InboxAddress(ConnectionId Connection, BotId Bot, ChatAddress Chat, bool IsGroup, string? Title, InboundAuthor Author);

public readonly record struct ResolvedAddress(ConversationId Conversation, Guid Participant);

/// <summary>A message to be stored.</summary>
public sealed record InboxMessage
{
    public required Guid Id { get; init; }

    public required ConnectionId Connection { get; init; }

    public required ConversationId Conversation { get; init; }

    public required Guid Participant { get; init; }

    public required string PlatformMessageId { get; init; }

    public required MessageKind Kind { get; init; }

    public required string Text { get; init; }

    public MessageContent? Content { get; init; }

    public string? TraceParent { get; init; }

    public DateTimeOffset? SentAt { get; init; }

    /// <summary>How long the lane waits for more, in milliseconds; 0: it is due at once.</summary>
    public required int QuietMs { get; init; }
}

/// <summary>What became of one message.</summary>
/// <param name="Kind">Stored, known already, or its conversation is gone.</param>
/// <param name="Sequence">Its place, when stored.</param>
/// <param name="DueIn">When the lane comes due, at the last of its messages in the batch; null when nobody need be woken: somebody holds the lane, or it was due before.</param>
public readonly record struct AppendResult(AppendKind Kind, long Sequence, TimeSpan? DueIn = null);

public enum AppendKind
{
    Stored,

    /// <summary>A redelivery: the message is stored already.</summary>
    Duplicate,

    /// <summary>The conversation was deleted since it was resolved: resolve it again.</summary>
    ConversationGone,
}
