using System.Runtime.CompilerServices;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Conversations;

namespace ChatOrchestrator.Application.Administration;

/// <summary>Gives a whole conversation away, piece by piece, so that its length costs no memory. Who took it is noted first.</summary>
public sealed class ExportConversation(IConversationStore conversations, IMessageStore messages, IAuditLog log, TimeProvider time)
{
    /// <exception cref="NotFoundException">There is no such conversation.</exception>
    public async Task<ConversationView> BeginAsync(ConversationId id, Actor actor, CancellationToken cancellationToken)
    {
        var conversation = await conversations.FindAsync(id, cancellationToken) ?? throw new NotFoundException("conversation");
        await log.AppendAsync(
            AuditEntry.Of(actor, "conversation.exported", "conversation", id, time.GetUtcNow(), conversation.Conversation.BotId), cancellationToken);
        return conversation;
    }

    /// <summary>Every message, the oldest first.</summary>
    public async IAsyncEnumerable<MessageView> MessagesAsync(ConversationId id, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? cursor = null;
        do
        {
            var page = await messages.ListAsync(id, insight: null, newestFirst: false, new PageRequest(PageRequest.MaxLimit, cursor), cancellationToken);
            foreach (var message in page.Items)
            {
                yield return message;
            }
            cursor = page.NextCursor;
        }
        while (cursor is not null);
    }
}
