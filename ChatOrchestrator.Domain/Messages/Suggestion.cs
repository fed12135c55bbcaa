using ChatOrchestrator.Domain.Conversations;

namespace ChatOrchestrator.Domain.Messages;

/// <summary>What became of a suggestion.</summary>
public enum SuggestionState
{
    Open = 0,

    /// <summary>An operator sent it, perhaps edited.</summary>
    Sent = 1,

    Dismissed = 2,
}

/// <summary>
/// What the bot would have said when an operator took the conversation over: an answer that was being generated, or parts
/// that had not been sent. The operator may send it; it is never sent by itself.
/// </summary>
public sealed class Suggestion
{
    private Suggestion()
    {
    }

    public Suggestion(ConversationId conversation, Guid turn, long answersSequence, string text, DateTimeOffset now)
    {
        Id = Guid.CreateVersion7(now);
        ConversationId = conversation;
        TurnId = turn;
        AnswersSequence = answersSequence;
        Text = text;
        CreatedAt = now;
    }

    /// <summary>A UUIDv7.</summary>
    public Guid Id { get; private set; }

    public ConversationId ConversationId { get; private set; }

    /// <summary>The turn that made it; an answer that was still being generated has none in the store.</summary>
    public Guid TurnId { get; private set; }

    /// <summary>The last inbound message that it would have answered.</summary>
    public long AnswersSequence { get; private set; }

    /// <summary>CommonMark; of an answer that was partly sent, the rest without its markup.</summary>
    public string Text { get; private set; } = "";

    public SuggestionState State { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset? ResolvedAt { get; private set; }

    /// <summary>The agent who sent it, or who dismissed it.</summary>
    public string? ResolvedBy { get; private set; }

    /// <summary>The agent's message that it became.</summary>
    public Guid? SentAs { get; private set; }

    /// <exception cref="DomainException">It was sent or dismissed already.</exception>
    public void Send(string agent, Guid message, DateTimeOffset now)
    {
        Resolve(SuggestionState.Sent, agent, now);
        SentAs = message;
    }

    /// <exception cref="DomainException">It was sent or dismissed already.</exception>
    public void Dismiss(string agent, DateTimeOffset now) => Resolve(SuggestionState.Dismissed, agent, now);

    private void Resolve(SuggestionState state, string agent, DateTimeOffset now)
    {
        if (State != SuggestionState.Open)
        {
            throw new DomainException("state", $"The suggestion was already {(State == SuggestionState.Sent ? "sent" : "dismissed")}.");
        }
        State = state;
        ResolvedBy = agent;
        ResolvedAt = now;
    }
}
