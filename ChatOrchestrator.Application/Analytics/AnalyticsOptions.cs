using System.ComponentModel.DataAnnotations;

namespace ChatOrchestrator.Application.Analytics;

/// <summary>How the numbers are kept up to date (configuration section <c>Analytics</c>).</summary>
public sealed class AnalyticsOptions
{
    public const string Section = "Analytics";

    /// <summary>How often new messages are added to the numbers, in seconds; 0: never by this process.</summary>
    [Range(0.0, 86_400.0)]
    public double RollUpSeconds { get; set; } = 15;

    /// <summary>How many messages one transaction adds at most.</summary>
    [Range(1, 100_000)]
    public int BatchSize { get; set; } = 5_000;
}
