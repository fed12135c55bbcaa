namespace ChatOrchestrator.Simulator.Telegram;

/// <summary>
/// Bound from <c>Simulator:Telegram</c> and changed at run time with <c>PUT /simulator/telegram/settings</c>.
/// </summary>
internal sealed record TelegramSettings
{
    /// <summary>
    /// The unit of the redelivery delays. As on the real server the first repetition follows at once, the later ones after
    /// 2, 4, 8 … units, at most 60.
    /// </summary>
    public TimeSpan WebhookRetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a webhook may take to answer. The real server waits about a minute.</summary>
    public TimeSpan WebhookTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Messages and edits per second in one private chat; 0 is no limit. The real limit is about 1.</summary>
    public int ChatMessagesPerSecond { get; init; }

    /// <summary>Messages and edits per minute in one group; 0 is no limit. The real limit is 20.</summary>
    public int GroupMessagesPerMinute { get; init; }

    /// <summary>Messages and edits per second of one bot in all chats; 0 is no limit. The real limit is about 30.</summary>
    public int BotMessagesPerSecond { get; init; }

    public bool IsValid =>
        WebhookRetryDelay > TimeSpan.Zero && WebhookTimeout > TimeSpan.Zero
        && ChatMessagesPerSecond >= 0 && GroupMessagesPerMinute >= 0 && BotMessagesPerSecond >= 0;
}
