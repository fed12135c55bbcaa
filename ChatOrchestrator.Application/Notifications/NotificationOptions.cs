using System.ComponentModel.DataAnnotations;

namespace ChatOrchestrator.Application.Notifications;

/// <summary>How notifications are delivered (configuration section <c>Notifications</c>). Who is told what are the bots' rules.</summary>
public sealed class NotificationOptions
{
    public const string Section = "Notifications";

    /// <summary>How many notifications one process delivers at a time.</summary>
    [Range(1, 1_000)]
    public int MaxConcurrent { get; set; } = 16;

    /// <summary>How many of them for one rule: a receiver that is slow must not hold the others up.</summary>
    [Range(1, 1_000)]
    public int MaxPerRule { get; set; } = 4;

    /// <summary>How often a notification is tried before it is given up.</summary>
    [Range(1, 50)]
    public int MaxAttempts { get; set; } = 12;

    /// <summary>The delay after the first failed attempt, in seconds; it doubles with each further one, up to an hour, and each is shortened at random by up to a half.</summary>
    [Range(0.01, 3_600.0)]
    public double RetrySeconds { get; set; } = 5;

    /// <summary>How long one attempt may take, in seconds.</summary>
    [Range(1.0, 120.0)]
    public double TimeoutSeconds { get; set; } = 15;

    /// <summary>After so many notifications in a row that were given up a rule is switched off.</summary>
    [Range(1, 1_000)]
    public int DisableAfter { get; set; } = 5;

    /// <summary>How long a process waits at most before it looks for what is due, in milliseconds.</summary>
    [Range(10, 60_000)]
    public int PollMs { get; set; } = 2_000;

    /// <summary>How long the delivery log is kept, in days.</summary>
    [Range(1, 3_650)]
    public int KeepDays { get; set; } = 30;

    /// <summary>How long an attempt belongs to its worker: another one tries again after this.</summary>
    public TimeSpan Lease => TimeSpan.FromSeconds(TimeoutSeconds + 15);

    public TimeSpan Timeout => TimeSpan.FromSeconds(TimeoutSeconds);
}
