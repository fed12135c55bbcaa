using System.ComponentModel.DataAnnotations;

namespace ChatOrchestrator.Application;

/// <summary>How this process works on lanes (configuration section <c>Engine</c>).</summary>
public sealed class EngineOptions : IValidatableObject
{
    public const string Section = "Engine";

    /// <summary>How many lanes one process works on at a time.</summary>
    [Range(1, 10_000)]
    public int MaxLanes { get; set; } = 256;

    /// <summary>
    /// How many of them it is busy with at a time, beside those that wait for the model or the platform. What is over this
    /// waits in the store, where it costs nobody anything.
    /// </summary>
    [Range(1, 10_000)]
    public int MaxBusyLanes { get; set; } = 10;

    /// <summary>How long a lane stays with a worker that says nothing, in seconds: a dead worker's lanes are taken over after this.</summary>
    [Range(1.0, 300.0)]
    public double LeaseSeconds { get; set; } = 4;

    /// <summary>How often leases are renewed, in seconds.</summary>
    [Range(0.1, 100.0)]
    public double RenewSeconds { get; set; } = 1;

    /// <summary>
    /// How long a connection stays with the process that listens to it (polling, gateway, socket) when that says nothing, in
    /// seconds: after this another listens.
    /// </summary>
    [Range(2.0, 300.0)]
    public double ListenSeconds { get; set; } = 15;

    /// <summary>How long a worker sleeps at most when no doorbell rings, in milliseconds.</summary>
    [Range(10, 60_000)]
    public int PollMs { get; set; } = 1_000;

    /// <summary>How long a stopping process lets running turns finish, in seconds.</summary>
    [Range(0.0, 300.0)]
    public double DrainSeconds { get; set; } = 10;

    /// <summary>How many webhook requests may wait for the store before new ones are refused with 503.</summary>
    [Range(1, 1_000_000)]
    public int InboxCapacity { get; set; } = 4_096;

    /// <summary>How many bytes of request bodies may be in hand at ingress before new requests are refused with 503, in MiB.</summary>
    [Range(2, 65_536)]
    public int InboxMegabytes { get; set; } = 32;

    /// <summary>How long a lane may be due, or rest past its time, before the watchdog calls it stuck, in seconds.</summary>
    [Range(5, 86_400)]
    public int StuckSeconds { get; set; } = 60;

    /// <summary>How long a lane may be held by one worker before the watchdog calls it stuck, in seconds: longer than any turn may take.</summary>
    [Range(30, 86_400)]
    public int HeldSeconds { get; set; } = 900;

    /// <summary>How often the watchdog looks, in seconds.</summary>
    [Range(1, 3_600)]
    public int WatchSeconds { get; set; } = 15;

    /// <summary>How often it is looked for messages that are older than their bot keeps them, in seconds.</summary>
    [Range(1, 86_400)]
    public int RetentionSeconds { get; set; } = 3_600;

    /// <summary>How often the lanes that wait, open dead letters and connections are counted for the metrics, in seconds.</summary>
    [Range(1, 3_600)]
    public int MeasureSeconds { get; set; } = 10;

    public TimeSpan Lease => TimeSpan.FromSeconds(LeaseSeconds);

    public TimeSpan Renew => TimeSpan.FromSeconds(RenewSeconds);

    public TimeSpan Listen => TimeSpan.FromSeconds(ListenSeconds);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (LeaseSeconds < 2 * RenewSeconds)
        {
            yield return new ValidationResult("Engine:LeaseSeconds must be at least twice Engine:RenewSeconds.", [nameof(LeaseSeconds)]);
        }
    }
}
