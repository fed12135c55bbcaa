namespace ChatOrchestrator.Simulator.Discord;

/// <summary>How the simulated Discord behaves, section <c>Simulator:Discord</c>.</summary>
internal sealed record DiscordSettings
{
    /// <summary>What HELLO asks for, in milliseconds; the real one is about 41,250.</summary>
    public int HeartbeatIntervalMs { get; init; } = 41_250;

    /// <summary>Messages to one channel in five seconds; 0: no limit.</summary>
    public int MessagesPerFiveSeconds { get; init; } = 5;

    /// <summary>Calls of one token in a second, of all routes; 0: no limit.</summary>
    public int CallsPerSecond { get; init; } = 50;

    /// <summary>How many IDENTIFYs <c>session_start_limit</c> has left.</summary>
    public int SessionStarts { get; init; } = 1_000;

    /// <summary>How long an interaction's token may be used.</summary>
    public TimeSpan InteractionLifetime { get; init; } = TimeSpan.FromMinutes(15);

    public bool IsValid => HeartbeatIntervalMs >= 100 && MessagesPerFiveSeconds >= 0 && CallsPerSecond >= 0 && SessionStarts >= 0 && InteractionLifetime > TimeSpan.Zero;
}
