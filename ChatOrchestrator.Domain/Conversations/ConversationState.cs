namespace ChatOrchestrator.Domain.Conversations;

/// <summary>Who answers: <c>active → handed_off → active</c>, and from both <c>→ ended</c>. A new message makes an ended conversation active again.</summary>
public enum ConversationState
{
    /// <summary>The bot answers.</summary>
    Active = 0,

    /// <summary>An operator answers; the bot is silent.</summary>
    HandedOff = 1,

    /// <summary>Closed by an operator.</summary>
    Ended = 2,
}
