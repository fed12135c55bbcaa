using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Infrastructure.InProcess;

/// <summary>Leases when there is one process: it has them all.</summary>
internal sealed class InProcessNamedLeases : INamedLeases
{
    public Task<bool> TryAcquireAsync(string name, string owner, TimeSpan duration, CancellationToken cancellationToken) => Task.FromResult(true);

    public Task ReleaseAsync(string name, string owner, CancellationToken cancellationToken) => Task.CompletedTask;
}
