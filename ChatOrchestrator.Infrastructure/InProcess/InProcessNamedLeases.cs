using System.Collections.Concurrent;
using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Infrastructure.InProcess;

/// <summary>Leases when there is one process: it may have them all, and those that it took are known.</summary>
internal sealed class InProcessNamedLeases(TimeProvider time) : INamedLeases
{
    private readonly ConcurrentDictionary<string, (string Owner, DateTimeOffset Until)> _held = new(StringComparer.Ordinal);

    public Task<bool> TryAcquireAsync(string name, string owner, TimeSpan duration, CancellationToken cancellationToken)
    {
        _held[name] = (owner, time.GetUtcNow() + duration);
        return Task.FromResult(true);
    }

    public Task ReleaseAsync(string name, string owner, CancellationToken cancellationToken)
    {
        if (_held.TryGetValue(name, out var held) && held.Owner == owner)
        {
            _held.TryRemove(KeyValuePair.Create(name, held));
        }
        return Task.CompletedTask;
    }

    public Task<IReadOnlyDictionary<string, string>> HoldersAsync(IReadOnlyCollection<string> names, CancellationToken cancellationToken)
    {
        var (now, holders) = (time.GetUtcNow(), new Dictionary<string, string>());
        foreach (var name in names)
        {
            if (_held.TryGetValue(name, out var held) && held.Until > now)
            {
                holders[name] = held.Owner;
            }
        }
        return Task.FromResult<IReadOnlyDictionary<string, string>>(holders);
    }
}
