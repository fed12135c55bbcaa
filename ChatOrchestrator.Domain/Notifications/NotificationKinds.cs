namespace ChatOrchestrator.Domain.Notifications;

/// <summary>What somebody can be told of: stable words, the <c>type</c> of what is sent.</summary>
public static class NotificationKinds
{
    /// <summary>The bot fell silent: an operator took a conversation over, or a rule asks for one.</summary>
    public const string HandoffRequested = "handoff_requested";

    /// <summary>A turn or a delivery failed for good.</summary>
    public const string DeadLetter = "dead_letter";

    /// <summary>A connection was switched off because its platform refuses it.</summary>
    public const string ConnectionDown = "connection_down";

    /// <summary>A limit of tokens or cost was reached.</summary>
    public const string BudgetReached = "budget_reached";

    /// <summary>A participant's mood fell below what the bot's settings allow.</summary>
    public const string SentimentLow = "sentiment_low";

    public const string ConversationEnded = "conversation_ended";

    /// <summary>Somebody tries a rule out; no rule can ask for it.</summary>
    public const string Test = "test";

    /// <summary>Those that rules can ask for.</summary>
    public static IReadOnlyList<string> All { get; } = [HandoffRequested, DeadLetter, ConnectionDown, BudgetReached, SentimentLow, ConversationEnded];
}
