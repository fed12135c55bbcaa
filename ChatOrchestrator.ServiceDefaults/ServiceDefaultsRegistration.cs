using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.ServiceDefaults;

/// <summary>What every process of the product has in common: telemetry, health, logging, HTTP client defaults.</summary>
public static class ServiceDefaultsRegistration
{
    /// <summary>
    /// Adds telemetry (metrics always; traces and log export when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set), console
    /// logging (JSON lines outside Development), errors to Sentry when <c>Sentry:Dsn</c> is set, health checks, service discovery and HTTP client defaults.
    /// </summary>
    /// <remarks>
    /// <para>Every client of <see cref="IHttpClientFactory"/> gets service discovery and the standard resilience pipeline
    /// (total timeout 30 s, 10 s an attempt, circuit breaker; up to 3 retries, of safe methods only: a repeated POST may
    /// send a message twice), and no request logging, because a platform's URL can carry the bot's token.</para>
    /// <para>A client on the hot path that has retry rules of its own (Telegram, the model) opts out of both handlers,
    /// in any order relative to this call, with
    /// <c>AddHttpClient("name").ConfigureAdditionalHttpMessageHandlers(static (handlers, _) => handlers.Clear())</c>;
    /// handlers that client adds for itself must follow that line. <c>RemoveAllResilienceHandlers()</c>
    /// (Microsoft.Extensions.Http.Resilience, experimental: EXTEXP0001) removes the resilience pipeline alone.</para>
    /// </remarks>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        builder.AddConsoleLogging();
        builder.AddTelemetry();
        builder.AddErrorReporting();
        builder.Services.AddOptions<ShutdownOptions>().BindConfiguration(ShutdownOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<LeaveRotation>();
        builder.Services.AddHostedService(static services => services.GetRequiredService<LeaveRotation>());
        // The delay comes on top of the time that what runs has to end.
        builder.Services.AddOptions<HostOptions>()
            .Configure<IOptions<ShutdownOptions>>(static (host, shutdown) => host.ShutdownTimeout += TimeSpan.FromSeconds(shutdown.Value.DelaySeconds));
        builder.Services.AddHealthChecks();
        builder.Services.AddSingleton<ReadinessProbe>();
        builder.Services.AddServiceDiscovery();
        builder.Services.ConfigureHttpClientDefaults(static http =>
        {
            http.RemoveAllLoggers();
            http.AddStandardResilienceHandler(static options => options.Retry.DisableForUnsafeHttpMethods());
            http.AddServiceDiscovery();
        });
        return builder;
    }

    /// <summary>
    /// Maps <c>/health/live</c>, <c>/health/ready</c> and <c>/metrics</c>. They run ahead of the rest of the pipeline
    /// (no authentication, no rate limit, no request metrics); keep <c>/metrics</c> off the public ingress.
    /// </summary>
    public static WebApplication MapDefaultEndpoints(this WebApplication app)
    {
        app.UseLeaveRotation();
        app.MapHealthEndpoints();
        app.MapPrometheusScrapingEndpoint("/metrics").AsOperationsEndpoint();
        return app;
    }

    /// <summary>A client that keeps its connection would learn of the end only when it is cut off. HTTP/2 says goodbye by itself.</summary>
    private static void UseLeaveRotation(this WebApplication app)
    {
        var rotation = app.Services.GetRequiredService<LeaveRotation>();
        app.Use(next => http =>
        {
            if (rotation.IsLeaving && HttpProtocol.IsHttp11(http.Request.Protocol))
            {
                http.Response.Headers.Connection = "close";
            }
            return next(http);
        });
    }

    internal static void AsOperationsEndpoint(this IEndpointConventionBuilder endpoint) =>
        endpoint.AllowAnonymous().DisableHttpMetrics().ShortCircuit();
}
