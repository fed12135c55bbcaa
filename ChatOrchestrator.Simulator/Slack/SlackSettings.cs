namespace ChatOrchestrator.Simulator.Slack;

/// <summary>Bound from <c>Simulator:Slack</c>.</summary>
internal sealed record SlackSettings
{
    /// <summary>How long a request or an envelope may stay unanswered: https://docs.slack.dev/apis/events-api/#responding.</summary>
    public TimeSpan AckTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>The real server repeats at once, after one of these and after five.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Messages per second in one channel; 0 is no limit. The real limit is about 1.</summary>
    public int ChannelMessagesPerSecond { get; init; }

    public bool IsValid => AckTimeout > TimeSpan.Zero && RetryDelay > TimeSpan.Zero && ChannelMessagesPerSecond >= 0;
}
