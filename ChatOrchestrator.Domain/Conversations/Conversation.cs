using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Domain.Conversations;

/// <summary>One thread on one platform, with one lane of messages.</summary>
public sealed class Conversation
{
    private Conversation()
    {
    }

    public ConversationId Id { get; private set; }

    public BotId BotId { get; private set; }

    public ConnectionId ConnectionId { get; private set; }

    /// <summary>The chat's id on the platform.</summary>
    public string ChatId { get; private set; } = "";

    /// <summary>The topic or thread within the chat; empty where there is none. Part of the conversation's identity.</summary>
    public string ThreadId { get; private set; } = "";

    /// <summary>Whether more than one person takes part.</summary>
    public bool IsGroup { get; private set; }

    /// <summary>The group's title or the participant's name, as the platform last told it.</summary>
    public string? Title { get; private set; }

    public ConversationState State { get; private set; }

    /// <summary>The operator who holds the conversation while it is handed off; null: a rule handed it over, and nobody has taken it yet.</summary>
    public string? Agent { get; private set; }

    /// <summary>Messages up to this sequence are forgotten: they no longer go into prompts (<c>/reset</c>).</summary>
    public long ForgottenThrough { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    /// <summary>When the last message came or went; exact to five seconds.</summary>
    public DateTimeOffset LastActivityAt { get; private set; }

    /// <summary>An operator takes over; the bot is silent from now on.</summary>
    /// <exception cref="DomainException">Another operator holds it already, or it has ended.</exception>
    public void HandOff(string agent)
    {
        Require.Length("agent", agent, 1, 100);
        if (State == ConversationState.Ended)
        {
            throw new DomainException("state", "The conversation has ended.");
        }
        if (State == ConversationState.HandedOff && Agent is not null && Agent != agent)
        {
            throw new DomainException("state", "Another agent holds the conversation.");
        }
        State = ConversationState.HandedOff;
        Agent = agent;
    }

    /// <summary>A rule hands it over; the bot is silent until an operator has dealt with it.</summary>
    /// <exception cref="DomainException">The bot does not answer here any more.</exception>
    public void RequestHandOff()
    {
        if (State != ConversationState.Active)
        {
            throw new DomainException("state", "The conversation is not the bot's.");
        }
        State = ConversationState.HandedOff;
        Agent = null;
    }

    /// <summary>The bot answers again, starting with the next message.</summary>
    /// <exception cref="DomainException">Nobody holds the conversation.</exception>
    public void Resume()
    {
        if (State != ConversationState.HandedOff)
        {
            throw new DomainException("state", "The conversation is not handed off.");
        }
        State = ConversationState.Active;
        Agent = null;
    }

    /// <exception cref="DomainException">It has ended already.</exception>
    public void End()
    {
        if (State == ConversationState.Ended)
        {
            throw new DomainException("state", "The conversation has already ended.");
        }
        State = ConversationState.Ended;
        Agent = null;
    }
}
