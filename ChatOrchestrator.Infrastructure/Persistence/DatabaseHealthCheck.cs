using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ChatOrchestrator.Infrastructure.Persistence;

/// <summary>Whether the store answers.</summary>
internal sealed class DatabaseHealthCheck(ChatDatabase database) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await database.TransactAsync(connection => connection.RunAsync("SELECT 1", cancellationToken), cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, "The store does not answer.");
        }
    }
}
