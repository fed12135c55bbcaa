using ChatOrchestrator.Application;
using ChatOrchestrator.Application.Turns;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Infrastructure.Engine;

/// <summary>Whether this process's pump still looks for lanes.</summary>
internal sealed class EngineHealthCheck(EngineState state, IOptions<EngineOptions> options) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (state.IsStopped)
        {
            return Task.FromResult(HealthCheckResult.Unhealthy("stopped"));
        }
        var tolerated = TimeSpan.FromMilliseconds(options.Value.PollMs) + TimeSpan.FromSeconds(10);
        return Task.FromResult(state.SinceLastLook < tolerated
            ? HealthCheckResult.Healthy("takes lanes")
            : HealthCheckResult.Degraded("has not looked for lanes for a while: it is full, or the store is slow"));
    }
}
