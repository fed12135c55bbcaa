using System.Collections.Concurrent;
using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Application.Ingress;

/// <summary>
/// Remembers conversations and participants by everything a platform tells of them, so that a changed name is resolved
/// (and stored) again. Bounded: when full it starts afresh, which costs one statement per chat.
/// </summary>
internal sealed class AddressCache
{
    /// <summary>The signal that somebody was erased: what is remembered of them must go.</summary>
    public const string ForgetChannel = "forget";

    private const int MaxEntries = 100_000;

    private readonly ConcurrentDictionary<InboxAddress, ResolvedAddress> _entries = new();
    private int _count;

    public bool TryGet(InboxAddress address, out ResolvedAddress resolved) => _entries.TryGetValue(address, out resolved);

    public void Add(InboxAddress address, ResolvedAddress resolved)
    {
        if (_entries.TryAdd(address, resolved) && Interlocked.Increment(ref _count) > MaxEntries)
        {
            Clear();
        }
    }

    public void Clear()
    {
        _entries.Clear();
        Interlocked.Exchange(ref _count, 0);
    }
}
