using System.Threading.Channels;
using ChatOrchestrator.Domain.Conversations;

namespace ChatOrchestrator.Application.Memory;

/// <summary>
/// Conversations whose turns saw that there is more to summarize, on their way to the store. A turn does not wait for it;
/// what does not get there (too many at once, a crash) is seen again by the conversation's next turn.
/// </summary>
internal sealed class DueSummaries
{
    private readonly Channel<ConversationId> _due = Channel.CreateBounded<ConversationId>(
        new BoundedChannelOptions(1_024) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    public void Add(ConversationId conversation) => _due.Writer.TryWrite(conversation);

    public bool TryTake(out ConversationId conversation) => _due.Reader.TryRead(out conversation);

    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken) => _due.Reader.WaitToReadAsync(cancellationToken);
}
