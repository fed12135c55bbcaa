using ChatOrchestrator.Application;
using ChatOrchestrator.Application.Turns;
using ChatOrchestrator.Application.Watching;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Infrastructure.Engine;

/// <summary>Whether this process's pump still looks for lanes.</summary>
internal sealed class EngineHealthCheck(EngineState state, ReadStuckLanes stuck, IOptions<EngineOptions> options) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (state.IsStopped)
        {
            return HealthCheckResult.Unhealthy("stopped");
        }
        var tolerated = TimeSpan.FromMilliseconds(options.Value.PollMs) + TimeSpan.FromSeconds(10);
        if (state.SinceLastLook >= tolerated)
        {
            return HealthCheckResult.Degraded("has not looked for lanes for a while: it is full, or the store is slow");
        }
        var data = await StuckLanesHealth.ReadAsync(stuck, cancellationToken);
        return HealthCheckResult.Healthy(StuckLanesHealth.Describe("takes lanes", data), data);
    }
}
