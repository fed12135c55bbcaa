using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Infrastructure.Platforms;

/// <summary>
/// When the next call for a draft may be made. What is shown in between must not use up what the platform allows: the
/// answers themselves count too.
/// </summary>
internal sealed class StreamPace(TimeProvider time)
{
    /// <summary>Ten calls a second and connection, a third of what Telegram allows.</summary>
    private static readonly TimeSpan BetweenOfConnection = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan DefaultRetryAfter = TimeSpan.FromSeconds(5);

    /// <summary>A chat that was throttled is treated with care for so long.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(5);

    private const int MostSlowdown = 16;
    private const int MaxKept = 4_096;

    private readonly Lock _lock = new();
    private readonly Dictionary<(ConnectionId, string), Slot> _chats = [];
    private readonly Dictionary<ConnectionId, DateTimeOffset> _connections = [];

    /// <summary>Takes the next place in the chat's and the connection's line, and says when it is.</summary>
    /// <param name="between">How long the chat is left in peace afterwards.</param>
    public DateTimeOffset Reserve(ConnectionId connection, ChatAddress chat, TimeSpan between)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            Forget(now);
            var slot = _chats.GetValueOrDefault((connection, chat.ChatId));
            if (slot.NextAt + Memory < now)
            {
                slot = new Slot(now, 1);
            }
            var free = Later(now, _connections.GetValueOrDefault(connection));
            // Not pushed back by a chat that is far behind: the others need not wait for it.
            _connections[connection] = free + BetweenOfConnection;
            var due = Later(free, slot.NextAt);
            _chats[(connection, chat.ChatId)] = slot with { NextAt = due + (between * slot.Slowdown) };
            return due;
        }
    }

    /// <summary>A call was made, later than its place if this process had no time: the chat is left in peace from now on.</summary>
    public void Called(ConnectionId connection, ChatAddress chat, TimeSpan between)
    {
        lock (_lock)
        {
            if (_chats.TryGetValue((connection, chat.ChatId), out var slot))
            {
                _chats[(connection, chat.ChatId)] = slot with { NextAt = Later(slot.NextAt, time.GetUtcNow() + (between * slot.Slowdown)) };
            }
        }
    }

    /// <summary>The platform said that we are too fast: nothing more for as long as it says, and half as often from then on.</summary>
    public void Throttled(ConnectionId connection, ChatAddress chat, TimeSpan? retryAfter)
    {
        lock (_lock)
        {
            var slot = _chats.GetValueOrDefault((connection, chat.ChatId), new Slot(default, 1));
            _chats[(connection, chat.ChatId)] = new Slot(
                Later(slot.NextAt, time.GetUtcNow() + (retryAfter ?? DefaultRetryAfter)),
                Math.Min(slot.Slowdown * 2, MostSlowdown));
        }
    }

    private void Forget(DateTimeOffset now)
    {
        if (_chats.Count >= MaxKept)
        {
            foreach (var (key, slot) in _chats)
            {
                if (slot.NextAt < now)
                {
                    _chats.Remove(key);
                }
            }
        }
        if (_connections.Count >= MaxKept)
        {
            _connections.Clear();
        }
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    private readonly record struct Slot(DateTimeOffset NextAt, int Slowdown);
}
