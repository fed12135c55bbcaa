using System.Collections.Concurrent;
using System.Collections.Immutable;
using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Infrastructure.InProcess;

/// <summary>Signals when there is one process.</summary>
internal sealed class InProcessSignals : ISignals
{
    private readonly ConcurrentDictionary<string, ImmutableArray<Action<string>>> _receivers = new();

    public void Publish(string channel, string payload)
    {
        if (_receivers.TryGetValue(channel, out var receivers))
        {
            foreach (var receive in receivers)
            {
                receive(payload);
            }
        }
    }

    public Task<IAsyncDisposable> SubscribeAsync(string channel, Action<string> receive, CancellationToken cancellationToken)
    {
        _receivers.AddOrUpdate(channel, [receive], (_, all) => all.Add(receive));
        return Task.FromResult<IAsyncDisposable>(new Subscription(this, channel, receive));
    }

    private sealed class Subscription(InProcessSignals owner, string channel, Action<string> receive) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            var left = owner._receivers.AddOrUpdate(channel, [], (_, all) => all.Remove(receive));
            if (left.IsEmpty)
            {
                owner._receivers.TryRemove(new KeyValuePair<string, ImmutableArray<Action<string>>>(channel, left));
            }
            return ValueTask.CompletedTask;
        }
    }
}
