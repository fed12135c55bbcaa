using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Watching;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ChatOrchestrator.Infrastructure.Engine;

/// <summary>In a process that only takes messages in: whether the workers keep up.</summary>
internal sealed class RemoteEngineHealthCheck(ILaneStore lanes, ReadStuckLanes stuck) : IHealthCheck
{
    private static readonly TimeSpan TooLong = TimeSpan.FromSeconds(30);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var backlog = await lanes.BacklogAsync(cancellationToken);
        var data = await StuckLanesHealth.ReadAsync(stuck, cancellationToken);
        return backlog.OldestLag > TooLong
            ? HealthCheckResult.Degraded($"{backlog.Due} lanes wait, the oldest for {backlog.OldestLag.Value.TotalSeconds:F0} s: are the workers running?", data: data)
            : HealthCheckResult.Healthy(StuckLanesHealth.Describe("workers keep up", data), data);
    }
}
