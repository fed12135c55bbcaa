namespace ChatOrchestrator.ServiceDefaults;

/// <summary>
/// Names of the telemetry sources that <see cref="ServiceDefaultsRegistration.AddServiceDefaults"/> listens to.
/// </summary>
public static class TelemetryNames
{
    /// <summary>
    /// Name of the product's own <see cref="System.Diagnostics.ActivitySource"/> and
    /// <see cref="System.Diagnostics.Metrics.Meter"/>. The objects live in ChatOrchestrator.Application, which references
    /// nothing of this project and therefore repeats the name; whatever is created under another name is not collected.
    /// </summary>
    public const string Product = "ChatOrchestrator";

    /// <summary>
    /// Source and meter of the OpenTelemetry decorators of Microsoft.Extensions.AI, "gen_ai.*" conventions
    /// (https://learn.microsoft.com/dotnet/api/microsoft.extensions.ai.opentelemetrychatclient).
    /// </summary>
    public const string ExtensionsAI = "Experimental.Microsoft.Extensions.AI";
}
