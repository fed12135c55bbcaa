using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Application.Administration;

/// <summary>Shows an operator what the bot would have said, and takes what is not wanted out of the way. Sending one is <see cref="SendAgentMessage"/>.</summary>
public sealed class SuggestAnswers(ISuggestionStore suggestions, IConversationStore conversations, TimeProvider time)
{
    /// <exception cref="NotFoundException">There is no such conversation.</exception>
    public async Task<Page<Suggestion>> ListAsync(ConversationId conversation, SuggestionState? state, PageRequest page, CancellationToken cancellationToken)
    {
        var list = await suggestions.ListAsync(conversation, state, page, cancellationToken);
        return list.Items.Count > 0 || await conversations.FindAsync(conversation, cancellationToken) is not null
            ? list
            : throw new NotFoundException("conversation");
    }

    /// <exception cref="NotFoundException">There is no such suggestion in this conversation.</exception>
    /// <exception cref="Domain.DomainException">It was sent or dismissed already.</exception>
    public async Task DismissAsync(ConversationId conversation, Guid id, string agent, Actor actor, CancellationToken cancellationToken)
    {
        var found = await conversations.FindAsync(conversation, cancellationToken) ?? throw new NotFoundException("suggestion");
        var audit = AuditEntry.Of(
            actor, "suggestion.dismissed", "suggestion", id, time.GetUtcNow(), found.Conversation.BotId, new { conversationId = conversation.Value, agent });
        _ = await suggestions.DismissAsync(conversation, id, agent, audit, cancellationToken) ?? throw new NotFoundException("suggestion");
    }
}
