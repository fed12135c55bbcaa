using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.Channels;

namespace ChatOrchestrator.Simulator.Telegram;

/// <summary>Something that a person in a chat would see happen.</summary>
/// <param name="Type"><c>message</c>, <c>edit</c>, <c>delete</c>, <c>action</c>, <c>reaction</c>, <c>callback_answer</c>, <c>commands</c>, <c>bots</c> or <c>clear</c>.</param>
/// <param name="BotId">The bot, or <see langword="null"/> for an event that concerns every chat.</param>
/// <param name="ChatId">The chat, or <see langword="null"/> for an event that concerns every chat.</param>
/// <param name="Data">Its content, by type.</param>
internal sealed record FeedEvent(string Type, long? BotId, long? ChatId, object? Data);

/// <summary>Distributes events to the open pages. A reader that falls behind is cut off and reloads.</summary>
internal sealed class TelegramFeed
{
    private readonly Lock _sync = new();
    private readonly List<Channel<FeedEvent>> _readers = [];

    /// <summary>Raised with every event, within the network's lock: it must not wait.</summary>
    public event Action<FeedEvent>? Published;

    public void Publish(FeedEvent value)
    {
        Published?.Invoke(value);
        lock (_sync)
        {
            foreach (var reader in _readers)
            {
                if (!reader.Writer.TryWrite(value))
                {
                    reader.Writer.TryComplete();
                }
            }
        }
    }

    public async IAsyncEnumerable<FeedEvent> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = Channel.CreateBounded<FeedEvent>(new BoundedChannelOptions(1000) { SingleReader = true });
        lock (_sync)
        {
            _readers.Add(channel);
        }

        try
        {
            // The first event tells the page that from here on it misses nothing.
            yield return new FeedEvent("ready", null, null, null);
            await foreach (var value in channel.Reader.ReadAllAsync(cancellationToken))
            {
                yield return value;
            }
        }
        finally
        {
            lock (_sync)
            {
                _readers.Remove(channel);
            }
        }
    }

    public static string Serialize(FeedEvent value) => JsonSerializer.Serialize(value, SimulatorJson.Options);
}
