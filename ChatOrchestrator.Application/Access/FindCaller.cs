using System.Collections.Concurrent;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Access;
using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Application.Access;

/// <summary>
/// Knows callers by what they present. What is found is kept for ten seconds; a change of any key, user or session, and the
/// deletion of a bot, empties all of it here at once and elsewhere by a signal.
/// </summary>
public sealed class FindCaller : IAsyncDisposable
{
    private const string Channel = "access";
    private const int MaxEntries = 10_000;

    private static readonly TimeSpan Life = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _uses = new();
    private readonly IApiKeyStore _keys;
    private readonly IUserStore _users;
    private readonly ISignals _signals;
    private readonly TimeProvider _time;
    private readonly Task<IAsyncDisposable> _subscription;
    private long _generation;

    public FindCaller(IApiKeyStore keys, IUserStore users, ISignals signals, TimeProvider time)
    {
        (_keys, _users, _signals, _time) = (keys, users, signals, time);
        _subscription = signals.SubscribeAsync(Channel, _ => Forget(), CancellationToken.None);
    }

    /// <summary>The holder of an API key, or null: it is unknown, has expired, or its bots are gone.</summary>
    public async ValueTask<Caller?> ByKeyAsync(string key, CancellationToken cancellationToken)
    {
        var hash = RandomSecret.HashOf(key);
        return await FindAsync("hash:" + hash, token => _keys.FindAsync(hash, token), cancellationToken) is { Id: { } id } found ? Used(id, found.Caller) : null;
    }

    /// <summary>The holder of an API key that an access token was issued to, or null when it may not be used any more.</summary>
    public async ValueTask<Caller?> ByKeyIdAsync(Guid id, int stamp, CancellationToken cancellationToken) =>
        await FindAsync($"key:{id}", token => _keys.FindAsync(id, token), cancellationToken) is { } found && found.Caller.Stamp == stamp ? Used(id, found.Caller) : null;

    /// <summary>A user who is signed in, or null: disabled, deleted, or the session was ended.</summary>
    public async ValueTask<Caller?> BySessionAsync(Guid user, Guid session, CancellationToken cancellationToken) =>
        (await FindAsync($"user:{user}:{session}", token => _users.FindBySessionAsync(user, session, token), cancellationToken))?.Caller;

    /// <summary>Forgets everybody, here and in every other process: the next request reads what is true now.</summary>
    public void Changed()
    {
        Forget();
        _signals.Publish(Channel, "");
    }

    /// <summary>Which keys were used since the last call, and when.</summary>
    public IReadOnlyDictionary<Guid, DateTimeOffset> TakeUses()
    {
        var taken = new Dictionary<Guid, DateTimeOffset>();
        foreach (var id in _uses.Keys)
        {
            if (_uses.TryRemove(id, out var at))
            {
                taken[id] = at;
            }
        }
        return taken;
    }

    public static Caller Of(ApiKey key, IReadOnlyList<BotId>? bots) => new()
    {
        Name = key.Name,
        Actor = $"key:{key.Name}/{key.Id}",
        Role = key.Role,
        Subject = $"key:{key.Id}",
        Stamp = key.Stamp,
        OnlyPermissions = key.Scope.Permissions,
        Bots = new BotScope(bots),
        ExpiresAt = key.ExpiresAt,
    };

    public static Caller Of(User user, IReadOnlyList<BotId>? bots) => OfUser(user.Id, user.Email, user.Name, user.Role, user.Scope, bots);

    public static Caller OfUser(Guid id, string email, string name, Role role, AccessScope scope, IReadOnlyList<BotId>? bots) => new()
    {
        Name = name,
        Actor = $"user:{email}/{id}",
        Role = role,
        Subject = $"user:{id}",
        OnlyPermissions = scope.Permissions,
        Bots = new BotScope(bots),
    };

    public async ValueTask DisposeAsync() => await (await _subscription).DisposeAsync();

    private Caller Used(Guid key, Caller caller)
    {
        _uses[key] = _time.GetUtcNow();
        return caller;
    }

    private async ValueTask<FoundCaller?> FindAsync(string name, Func<CancellationToken, Task<FoundCaller?>> read, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        if (!_entries.TryGetValue(name, out var entry) || entry.Until <= now)
        {
            var generation = Interlocked.Read(ref _generation);
            if (await read(cancellationToken) is not { } found)
            {
                // Not kept: anybody can make up what is unknown.
                _entries.TryRemove(name, out _);
                return null;
            }
            entry = new Entry(found, now + Life);
            if (_entries.Count >= MaxEntries)
            {
                _entries.Clear();
            }
            _entries[name] = entry;
            if (generation != Interlocked.Read(ref _generation))
            {
                // Something changed while it was read.
                _entries.TryRemove(name, out _);
            }
        }
        return entry.Found.Caller.ExpiresAt <= now ? null : entry.Found;
    }

    private void Forget()
    {
        Interlocked.Increment(ref _generation);
        _entries.Clear();
    }

    private sealed record Entry(FoundCaller Found, DateTimeOffset Until);
}
