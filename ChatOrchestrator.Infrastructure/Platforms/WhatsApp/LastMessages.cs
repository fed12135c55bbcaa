using System.Collections.Concurrent;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Infrastructure.Platforms.WhatsApp;

/// <summary>
/// The last message of a chat: of those that this process took in, else as the store has it. Asked for only while a person
/// waits for an answer that is not there after a moment.
/// </summary>
internal sealed class LastMessages(IConversationStore conversations, IMessageStore messages)
{
    private const int Capacity = 20_000;

    /// <summary>Among so many of the latest messages, the bot's too, the person's last one is looked for.</summary>
    private const int Look = 10;

    private readonly ConcurrentDictionary<(ConnectionId, string), string> _ids = new();

    public void Set(ConnectionId connection, string chat, string messageId)
    {
        if (_ids.Count >= Capacity && !_ids.ContainsKey((connection, chat)))
        {
            _ids.Clear();
        }
        _ids[(connection, chat)] = messageId;
    }

    /// <summary>Its id; null: there is none, or the store cannot say.</summary>
    public async ValueTask<string?> FindAsync(ConnectionId connection, ChatAddress chat, CancellationToken cancellationToken)
    {
        if (_ids.TryGetValue((connection, chat.ChatId), out var known))
        {
            return known;
        }
        try
        {
            if (await conversations.FindAsync(connection, chat, cancellationToken) is not { } found)
            {
                return null;
            }
            var latest = await messages.ListVisibleBeforeAsync(found.Conversation.Id, long.MaxValue, Look, cancellationToken);
            return latest.FirstOrDefault(m => m.Author == MessageAuthor.Participant)?.PlatformMessageId;
        }
        catch (StoreUnavailableException)
        {
            return null;
        }
    }
}
