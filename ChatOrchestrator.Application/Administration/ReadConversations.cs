using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Conversations;

namespace ChatOrchestrator.Application.Administration;

public sealed class ReadConversations(IConversationStore conversations, IMessageStore messages)
{
    public Task<Page<ConversationView>> HandleAsync(ConversationFilter filter, PageRequest page, CancellationToken cancellationToken) =>
        conversations.ListAsync(filter, page, cancellationToken);

    /// <exception cref="NotFoundException">There is no such conversation.</exception>
    public async Task<ConversationView> HandleAsync(ConversationId id, CancellationToken cancellationToken) =>
        await conversations.FindAsync(id, cancellationToken) ?? throw new NotFoundException("conversation");

    /// <exception cref="NotFoundException">There is no such conversation.</exception>
    public async Task<Page<MessageView>> ListMessagesAsync(ConversationId id, InsightFilter? insight, bool newestFirst, PageRequest page, CancellationToken cancellationToken)
    {
        var list = await messages.ListAsync(id, insight, newestFirst, page, cancellationToken);
        return list.Items.Count > 0 || await conversations.FindAsync(id, cancellationToken) is not null
            ? list
            : throw new NotFoundException("conversation");
    }
}
