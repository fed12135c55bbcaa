using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace ChatOrchestrator.Simulator.Chat;

/// <summary>Something for the open pages.</summary>
/// <param name="Type"><c>ready</c>: from here on nothing is missed; <c>changed</c>: read again; <c>told</c>: show the text.</param>
/// <param name="BotId">Null: every bot of the platform, and which there are.</param>
internal sealed record ChatNews(string Type, string? Platform = null, string? BotId = null, string? Text = null);

/// <summary>
/// Tells the open pages what changed on which platform. It says only that something did: the page reads it then, so that a
/// page which is behind needs no history of changes.
/// </summary>
internal sealed class ChatFeed
{
    private readonly Lock _sync = new();
    private readonly List<Channel<ChatNews>> _readers = [];

    public ChatFeed(IEnumerable<IChatPlatform> platforms)
    {
        foreach (var platform in platforms)
        {
            platform.Changed += bot => Publish(new ChatNews("changed", platform.Name, bot));
            if (platform is ITellsPeople teller)
            {
                teller.Told += (bot, text) => Publish(new ChatNews("told", platform.Name, bot, text));
            }
        }
    }

    public async IAsyncEnumerable<ChatNews> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A page that is a thousand changes behind reads everything again at the next one.
        var channel = Channel.CreateBounded<ChatNews>(new BoundedChannelOptions(1000) { SingleReader = true, FullMode = BoundedChannelFullMode.DropOldest });
        lock (_sync)
        {
            _readers.Add(channel);
        }

        try
        {
            yield return new ChatNews("ready");
            await foreach (var news in channel.Reader.ReadAllAsync(cancellationToken))
            {
                yield return news;
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

    // Called by the platforms from within their locks: it must not wait and not call back.
    private void Publish(ChatNews news)
    {
        lock (_sync)
        {
            foreach (var reader in _readers)
            {
                reader.Writer.TryWrite(news);
            }
        }
    }
}
