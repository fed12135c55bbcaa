using System.ComponentModel.DataAnnotations;

namespace ChatOrchestrator.ServiceDefaults;

/// <summary>How a process that is told to stop goes away (configuration section <c>Shutdown</c>).</summary>
public sealed class ShutdownOptions
{
    public const string Section = "Shutdown";

    /// <summary>
    /// How long a process that is told to stop still serves, with <c>/health/ready</c> at 503, before it closes its listener,
    /// in seconds: as long as it takes for whoever sends it requests to notice. 0: it closes at once.
    /// </summary>
    [Range(0.0, 120.0)]
    public double DelaySeconds { get; set; }
}
