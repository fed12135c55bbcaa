using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Application.Ports;

/// <summary>Messages for those who read them. All calls throw <see cref="StoreUnavailableException"/> when the store is down.</summary>
public interface IMessageStore
{
    /// <summary>A conversation's messages by their sequence.</summary>
    /// <param name="insight">Only those of which this was found out; null: all.</param>
    Task<Page<MessageView>> ListAsync(ConversationId conversation, InsightFilter? insight, bool newestFirst, PageRequest page, CancellationToken cancellationToken);

    /// <summary>Up to <paramref name="limit"/> messages behind a sequence, oldest first, without the talk that never reached the chat.</summary>
    Task<IReadOnlyList<Message>> ListVisibleAfterAsync(ConversationId conversation, long sequence, int limit, CancellationToken cancellationToken);

    /// <summary>Up to <paramref name="limit"/> messages before a sequence, newest first, without those that never reached the chat.</summary>
    Task<IReadOnlyList<Message>> ListVisibleBeforeAsync(ConversationId conversation, long sequence, int limit, CancellationToken cancellationToken);

    /// <summary>The inbound message with the platform's id, or null.</summary>
    Task<Message?> FindAsync(ConnectionId connection, string platformMessageId, CancellationToken cancellationToken);

    /// <summary>Everything that is known about a message, or null when there is none.</summary>
    Task<MessageRecord?> ReadRecordAsync(Guid message, CancellationToken cancellationToken);
}

/// <summary>A message with its parts, when it is outbound, and its writer's name, when a participant wrote it.</summary>
/// <param name="Insight">What was found out about an inbound message, if anything.</param>
public sealed record MessageView(Message Message, IReadOnlyList<Part> Parts, string? ParticipantName, Insight? Insight = null);

/// <summary>What was found out about a message; null: anything.</summary>
/// <param name="Intent">An intent's name; <c>none</c>: none of the bot's.</param>
/// <param name="Language">ISO 639-1.</param>
public sealed record InsightFilter(string? Intent = null, Sentiment? Sentiment = null, Urgency? Urgency = null, string? Language = null)
{
    public bool IsEmpty => Intent is null && Sentiment is null && Urgency is null && Language is null;
}

/// <summary>What the timeline of a message is made of.</summary>
public sealed record MessageRecord
{
    public required MessageView View { get; init; }

    public required ConversationView Conversation { get; init; }

    public required PlatformConnection Connection { get; init; }

    /// <summary>The turn that dealt with an inbound message, or made an outbound one.</summary>
    public Turn? Turn { get; init; }

    /// <summary>What the turn said: for an inbound message.</summary>
    public IReadOnlyList<MessageView> Answers { get; init; } = [];

    public IReadOnlyList<TimelineEvent> Events { get; init; } = [];

    public IReadOnlyList<DeadLetter> DeadLetters { get; init; } = [];
}
