using System.Collections.Concurrent;
using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Infrastructure.Platforms.WhatsApp;

/// <summary>The last message of each chat that this process took in. A hint: it may be lost without harm.</summary>
internal sealed class LastMessages
{
    private const int Capacity = 20_000;

    private readonly ConcurrentDictionary<(ConnectionId, string), string> _ids = new();

    public void Set(ConnectionId connection, string chat, string messageId)
    {
        if (_ids.Count >= Capacity && !_ids.ContainsKey((connection, chat)))
        {
            _ids.Clear();
        }
        _ids[(connection, chat)] = messageId;
    }

    public string? Find(ConnectionId connection, string chat) => _ids.GetValueOrDefault((connection, chat));
}
