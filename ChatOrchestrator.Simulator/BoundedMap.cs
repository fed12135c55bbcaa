using System.Diagnostics.CodeAnalysis;

namespace ChatOrchestrator.Simulator;

/// <summary>A map that forgets its least recently used entry when it is full. Not thread-safe.</summary>
internal sealed class BoundedMap<TKey, TValue>(int capacity)
    where TKey : notnull
{
    private readonly Dictionary<TKey, LinkedListNode<KeyValuePair<TKey, TValue>>> _nodes = [];
    private readonly LinkedList<KeyValuePair<TKey, TValue>> _byUse = new();

    public int Count => _nodes.Count;

    /// <summary>The values, least recently used first.</summary>
    public IEnumerable<TValue> Values => _byUse.Select(static entry => entry.Value);

    public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        if (!_nodes.TryGetValue(key, out var node))
        {
            value = default;
            return false;
        }

        _byUse.Remove(node);
        _byUse.AddLast(node);
        value = node.Value.Value;
        return true;
    }

    public void Set(TKey key, TValue value)
    {
        if (_nodes.TryGetValue(key, out var old))
        {
            _byUse.Remove(old);
        }
        else if (_nodes.Count >= capacity)
        {
            _nodes.Remove(_byUse.First!.Value.Key);
            _byUse.RemoveFirst();
        }

        _nodes[key] = _byUse.AddLast(new KeyValuePair<TKey, TValue>(key, value));
    }

    public bool Remove(TKey key)
    {
        if (!_nodes.Remove(key, out var node))
        {
            return false;
        }

        _byUse.Remove(node);
        return true;
    }

    public void Clear()
    {
        _nodes.Clear();
        _byUse.Clear();
    }
}
