using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;

namespace ChatOrchestrator.Domain.Messages;

/// <summary>Something said in a conversation. Written once by the inbox or a turn; only an edit changes its text.</summary>
public sealed class Message
{
    /// <summary>The longest text that the API and the web chat take, in UTF-16 code units.</summary>
    public const int MaxTextLength = 100_000;

    private Message()
    {
    }

    /// <summary>A message that an operator writes.</summary>
    /// <exception cref="DomainException">There is nothing but white space in it, or more than <see cref="MaxTextLength"/> characters.</exception>
    public static Message ByAgent(ConversationId conversation, ConnectionId connection, string agent, string text, DateTimeOffset now, long? answersSequence = null)
    {
        Require.Length("agent", agent, 1, 100);
        RequireText(text);
        return new Message
        {
            Id = Guid.CreateVersion7(now),
            ConversationId = conversation,
            ConnectionId = connection,
            Author = MessageAuthor.Agent,
            Kind = MessageKind.Text,
            Agent = agent,
            Text = text,
            AnswersSequence = answersSequence,
            CreatedAt = now,
        };
    }

    /// <summary>A question that failed, put again at the end of its lane. The participant does not see it; what answers it, they see.</summary>
    /// <param name="question">The message that failed.</param>
    /// <param name="text">What the model is asked.</param>
    /// <param name="now">When.</param>
    /// <exception cref="DomainException">There is nothing but white space in the text, or more than <see cref="MaxTextLength"/> characters.</exception>
    public static Message Again(Message question, string text, DateTimeOffset now)
    {
        RequireText(text);
        return new Message
        {
            Id = Guid.CreateVersion7(now),
            ConversationId = question.ConversationId,
            ConnectionId = question.ConnectionId,
            Author = MessageAuthor.Participant,
            Kind = MessageKind.Replay,
            ParticipantId = question.ParticipantId,
            Text = text,
            ReplayOf = question.Id,
            CreatedAt = now,
        };
    }

    /// <summary>What could not be delivered of an outbound message, said again behind everything that was said since.</summary>
    /// <param name="message">The message that failed, or failed in part.</param>
    /// <param name="text">What is sent.</param>
    /// <param name="now">When.</param>
    /// <exception cref="DomainException">There is nothing but white space in the text, or more than <see cref="MaxTextLength"/> characters.</exception>
    public static Message Resent(Message message, string text, DateTimeOffset now)
    {
        RequireText(text);
        return new Message
        {
            Id = Guid.CreateVersion7(now),
            ConversationId = message.ConversationId,
            ConnectionId = message.ConnectionId,
            Author = message.Author,
            Kind = message.Kind,
            Agent = message.Agent,
            Text = text,
            AnswersSequence = message.AnswersSequence,
            TurnId = message.TurnId,
            ReplayOf = message.Id,
            CreatedAt = now,
        };
    }

    /// <exception cref="DomainException">There is nothing but white space in it, or more than <see cref="MaxTextLength"/> characters.</exception>
    public static void RequireText(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            throw new DomainException("text", "text must not be empty.");
        }
        Require.Length("text", text, 1, MaxTextLength);
    }

    /// <summary>The order of arrival; grows within a conversation in the order of the commits.</summary>
    public long Sequence { get; private set; }

    /// <summary>A UUIDv7.</summary>
    public Guid Id { get; private set; }

    public ConversationId ConversationId { get; private set; }

    public ConnectionId ConnectionId { get; private set; }

    public MessageAuthor Author { get; private set; }

    public MessageKind Kind { get; private set; }

    /// <summary>Who wrote it, when a participant did.</summary>
    public Guid? ParticipantId { get; private set; }

    /// <summary>The operator who wrote it, when an agent did.</summary>
    public string? Agent { get; private set; }

    /// <summary>The platform's id of an inbound message, unique within the connection; null for outbound ones, whose parts have ids.</summary>
    public string? PlatformMessageId { get; private set; }

    /// <summary>The text; CommonMark when the bot wrote it.</summary>
    public string Text { get; private set; } = "";

    /// <summary>What it carries beside the text; null: nothing.</summary>
    public MessageContent? Content { get; private set; }

    /// <summary>For an answer: the last inbound message that it answers. An answer stands behind its question in the history, whatever arrived in between.</summary>
    public long? AnswersSequence { get; private set; }

    /// <summary>The turn that made an outbound message.</summary>
    public Guid? TurnId { get; private set; }

    /// <summary>The message that failed and that this one stands for, when it was replayed from a dead letter.</summary>
    public Guid? ReplayOf { get; private set; }

    /// <summary>W3C traceparent of the webhook, so that the turn continues its trace.</summary>
    public string? TraceParent { get; private set; }

    /// <summary>When the author sent it, by the platform's clock.</summary>
    public DateTimeOffset? SentAt { get; private set; }

    /// <summary>When it was stored.</summary>
    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset? EditedAt { get; private set; }

    /// <summary>When its author took it back; its text and content are gone then.</summary>
    public DateTimeOffset? DeletedAt { get; private set; }
}
