using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ChatOrchestrator.ServiceDefaults;

/// <summary>
/// <c>GET /health/live</c>: the process runs; asks nothing else, so that a store that is down gets no process restarted.
/// <c>GET /health/ready</c>: the checks tagged "ready"; 200 when Healthy or Degraded, 503 when Unhealthy.
/// </summary>
internal static class HealthEndpoints
{
    private static readonly ReadinessReport Alive = new(nameof(HealthStatus.Healthy), new Dictionary<string, CheckReport>());

    public static void MapHealthEndpoints(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/health/live", static context => WriteAsync(context, Alive))
            .AsOperationsEndpoint();
        endpoints.MapGet("/health/ready", static async context => await WriteAsync(
                context, await context.RequestServices.GetRequiredService<ReadinessProbe>().CheckAsync(context.RequestAborted)))
            .AsOperationsEndpoint();
    }

    private static Task WriteAsync(HttpContext context, ReadinessReport report)
    {
        context.Response.StatusCode = report.Status == nameof(HealthStatus.Unhealthy)
            ? StatusCodes.Status503ServiceUnavailable
            : StatusCodes.Status200OK;
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsJsonAsync(report, HealthJson.Default.ReadinessReport, cancellationToken: context.RequestAborted);
    }
}

/// <summary>Body of the health endpoints.</summary>
/// <param name="Status">The worst status of the checks: Healthy, Degraded or Unhealthy.</param>
/// <param name="Checks">Each check by its name.</param>
internal sealed record ReadinessReport(string Status, IReadOnlyDictionary<string, CheckReport> Checks);

/// <summary>One check.</summary>
/// <param name="Status">Healthy, Degraded or Unhealthy.</param>
/// <param name="DurationMs">How long the check took, in milliseconds.</param>
/// <param name="Description">What the check says about itself; never exception text.</param>
internal sealed record CheckReport(string Status, double DurationMs, string? Description);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ReadinessReport))]
internal sealed partial class HealthJson : JsonSerializerContext;
