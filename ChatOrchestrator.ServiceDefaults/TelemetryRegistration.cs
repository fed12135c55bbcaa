using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace ChatOrchestrator.ServiceDefaults;

internal static class TelemetryRegistration
{
    /// <summary>https://opentelemetry.io/docs/specs/otel/protocol/exporter/#configuration-options</summary>
    private const string OtlpEndpointKey = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>
    /// What the frameworks count several times in every request, call and statement, beside the duration (whose count says
    /// as much): with all of them a twentieth of the time of an answer went into metrics.
    /// </summary>
    private static readonly FrozenSet<string> TooDear = FrozenSet.Create(
        "http.client.active_requests",
        "http.client.open_connections",
        "http.client.request.time_in_queue",
        "aspnetcore.routing.match_attempts",
        "db.client.operation.npgsql.executing",
        "db.client.operation.npgsql.bytes_written",
        "db.client.operation.npgsql.bytes_read");

    /// <summary>Whose instruments tell no more apart than generations, kinds of exceptions and listeners.</summary>
    private static readonly FrozenSet<string> FewTags = FrozenSet.Create("System.Runtime", "Microsoft.AspNetCore.MemoryPool", "Microsoft.AspNetCore.Server.Kestrel");

    public static bool HasOtlpEndpoint(this IHostApplicationBuilder builder) =>
        !string.IsNullOrWhiteSpace(builder.Configuration[OtlpEndpointKey]);

    /// <summary>
    /// Metrics for Prometheus always. Without an OTLP endpoint there is no tracer provider and no OpenTelemetry logger:
    /// with nobody to read them, spans would still be allocated for every request, statement and call.
    /// </summary>
    public static void AddTelemetry(this IHostApplicationBuilder builder)
    {
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource =>
            {
                // Set by Aspire together with the instance id; a service added here would override both.
                if (string.IsNullOrEmpty(builder.Configuration["OTEL_SERVICE_NAME"]))
                {
                    resource.AddService(builder.Environment.ApplicationName);
                }
            })
            .WithMetrics(static metrics => metrics
                .AddMeter(TelemetryNames.Product)
                .AddMeter(TelemetryNames.ExtensionsAI)
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddRuntimeInstrumentation()
                .AddNpgsqlInstrumentation()
                // The room for every combination of tags is taken in advance: 2,000 by default, for each instrument.
                .AddView(static instrument => TooDear.Contains(instrument.Name)
                    ? MetricStreamConfiguration.Drop
                    : new MetricStreamConfiguration { CardinalityLimit = FewTags.Contains(instrument.Meter.Name) ? 50 : 200 })
                .AddPrometheusExporter());

        if (!builder.HasOtlpEndpoint())
        {
            return;
        }

        builder.Logging.AddOpenTelemetry(static logging =>
        {
            logging.IncludeFormattedMessage = true;
            logging.IncludeScopes = true;
        });

        telemetry
            .WithTracing(static tracing => tracing
                .AddSource(TelemetryNames.Product)
                .AddSource(TelemetryNames.ExtensionsAI)
                .AddAspNetCoreInstrumentation(static options => options.Filter = IsApplicationRequest)
                .AddHttpClientInstrumentation()
                .AddNpgsql()
                // Before the exporter's processor, which UseOtlpExporter puts last.
                .AddProcessor(new SecretRedactionProcessor()))
            .UseOtlpExporter();
    }

    private static bool IsApplicationRequest(HttpContext context) =>
        !context.Request.Path.StartsWithSegments("/health", StringComparison.OrdinalIgnoreCase)
        && !context.Request.Path.StartsWithSegments("/metrics", StringComparison.OrdinalIgnoreCase);
}
