using System.Collections.Concurrent;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Infrastructure.Pacing;

/// <summary>
/// Paces adaptively: as long as a platform takes everything, nothing is held back. Once it says that we are too fast, the
/// connection keeps to the documented rates in every replica, until the platform has not complained for a minute.
/// The setting <c>pacing</c> of a connection changes that: <c>{"mode": "adaptive" | "always" | "off", "chatPerSecond": 1, "connectionPerSecond": 30}</c>.
/// </summary>
internal sealed class Pacer : IPacer, IAsyncDisposable
{
    private const string Channel = "paced";

    private static readonly TimeSpan Engagement = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    private readonly ITokenBuckets _buckets;
    private readonly ISignals _signals;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<ConnectionId, DateTimeOffset> _engagedUntil = new();
    private readonly Task<IAsyncDisposable> _subscription;

    public Pacer(ITokenBuckets buckets, ISignals signals, TimeProvider time)
    {
        _buckets = buckets;
        _signals = signals;
        _time = time;
        _subscription = signals.SubscribeAsync(Channel, OnPaced, CancellationToken.None);
    }

    public ValueTask<TimeSpan> ReserveAsync(ConnectionSnapshot connection, Pace pace, string chatId, CancellationToken cancellationToken)
    {
        if (_engagedUntil.IsEmpty && !connection.Settings.TryGetProperty(PacingSetting.Name, out _))
        {
            return ValueTask.FromResult(TimeSpan.Zero);
        }
        var (mode, rates) = PacingSetting.Read(connection.Settings, pace);
        var engaged = mode == "always" || (mode == "adaptive" && _engagedUntil.TryGetValue(connection.Id, out var until) && until > _time.GetUtcNow());
        return engaged
            ? _buckets.TakeAsync(new Bucket(ChatKey(connection.Id, chatId), rates.ChatPerSecond), new Bucket(ConnectionKey(connection.Id), rates.ConnectionPerSecond), Longest)
            : ValueTask.FromResult(TimeSpan.Zero);
    }

    public async ValueTask ThrottledAsync(ConnectionSnapshot connection, string chatId, TimeSpan retryAfter, CancellationToken cancellationToken)
    {
        OnPaced(connection.Id.ToString());
        _signals.Publish(Channel, connection.Id.ToString());
        await _buckets.CloseAsync(ChatKey(connection.Id, chatId), retryAfter);
    }

    public async ValueTask DisposeAsync() => await (await _subscription).DisposeAsync();

    private static string ChatKey(ConnectionId connection, string chatId) => $"pace:{{{connection}}}:{chatId}";

    private static string ConnectionKey(ConnectionId connection) => $"pace:{{{connection}}}";

    private void OnPaced(string payload)
    {
        if (Guid.TryParse(payload, out var id))
        {
            var now = _time.GetUtcNow();
            foreach (var over in _engagedUntil.Where(e => e.Value < now))
            {
                _engagedUntil.TryRemove(over);
            }
            _engagedUntil[new ConnectionId(id)] = now + Engagement;
        }
    }
}
