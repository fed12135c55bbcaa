namespace ChatOrchestrator.Simulator.Meta;

/// <summary>Bound from <c>Simulator:Meta</c>.</summary>
internal sealed record MetaSettings
{
    /// <summary>The app secret that webhooks are signed with, unless an account has one of its own.</summary>
    public string AppSecret { get; init; } = "simulator-app-secret";

    /// <summary>Repeated webhooks wait so long, twice as long every time, at most a minute. The real platform goes on for 36 hours (WhatsApp: 7 days).</summary>
    public TimeSpan WebhookRetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan WebhookTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Messages per six seconds from a number to one person; 0 is no limit. The real limit is 1, bursts of up to 45 apart.</summary>
    public int PairMessagesPerSixSeconds { get; init; }

    public bool IsValid => AppSecret.Length > 0 && WebhookRetryDelay > TimeSpan.Zero && WebhookTimeout > TimeSpan.Zero && PairMessagesPerSixSeconds >= 0;
}
