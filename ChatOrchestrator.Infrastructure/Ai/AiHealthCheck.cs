using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Infrastructure.Ai;

/// <summary>
/// Tells how the last calls went; it makes none, as each would be paid for. Never unhealthy: a process without a model still
/// receives and stores, and taking it out of rotation would help nobody.
/// </summary>
internal sealed class AiHealthCheck(IOptions<AiOptions> options, IServiceProvider services) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(Check());

    private HealthCheckResult Check()
    {
        if (options.Value.IsDemo)
        {
            return HealthCheckResult.Healthy("demo model");
        }
        var endpoints = (OpenAIEndpoints)services.GetService(typeof(OpenAIEndpoints))!;
        var states = new Dictionary<string, object>();
        string? problem = null;
        foreach (var endpoint in endpoints.Used)
        {
            var state = Describe(endpoint);
            states[endpoint.Model] = state ?? "answers";
            problem ??= state is null ? null : $"{endpoint.Model}: {state}";
        }
        return problem is null
            ? HealthCheckResult.Healthy(options.Value.Model, states)
            : HealthCheckResult.Degraded(problem, data: states);
    }

    private static string? Describe(ModelEndpoint endpoint) => endpoint.Circuit.State switch
    {
        CircuitState.Open => "the circuit is open after repeated failures",
        CircuitState.HalfOpen => "the circuit is half open",
        // Of a single failure only this one says that every other call will fail, too.
        _ => endpoint.LastFailure == ModelFailure.Unauthorized ? "the API key is refused" : null,
    };
}
