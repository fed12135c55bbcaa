using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Application.Administration;

/// <summary>An operator writes into a conversation; the message is delivered like the bot's.</summary>
public sealed class SendAgentMessage(IConversationStore conversations, ISuggestionStore suggestions, Platforms platforms, Doorbell doorbell, TimeProvider time)
{
    /// <param name="id">The conversation.</param>
    /// <param name="agent">Who writes.</param>
    /// <param name="text">CommonMark; null with a suggestion: as it was suggested.</param>
    /// <param name="suggestionId">The suggestion that is sent, perhaps edited; null: the operator's own words.</param>
    /// <param name="actor">Who calls, for the audit log.</param>
    /// <exception cref="NotFoundException">There is no such conversation, or no such suggestion in it.</exception>
    /// <exception cref="Domain.DomainException">
    /// The text is empty or too long, the conversation has ended, or the suggestion was sent or dismissed already.
    /// </exception>
    public async Task<MessageView> HandleAsync(ConversationId id, string agent, string? text, Guid? suggestionId, Actor actor, CancellationToken cancellationToken)
    {
        Suggestion? suggestion = null;
        if (suggestionId is { } wanted)
        {
            suggestion = await suggestions.FindAsync(id, wanted, cancellationToken) ?? throw new NotFoundException("suggestion");
            text ??= suggestion.Text;
        }
        Message.RequireText(text);
        var conversation = await conversations.FindAsync(id, cancellationToken) ?? throw new NotFoundException("conversation");
        var message = Message.ByAgent(id, conversation.Conversation.ConnectionId, agent, text!.Replace('\0', '\uFFFD'), time.GetUtcNow(), suggestion?.AnswersSequence);
        var bodies = platforms.Get(conversation.Platform).Split(message.Text);
        if (bodies.Count == 0)
        {
            throw new Domain.DomainException("text", "text must hold something that can be seen.");
        }
        var audit = AuditEntry.Of(
            actor, "message.sent", "message", message.Id, message.CreatedAt, conversation.Conversation.BotId,
            new { conversationId = id.Value, agent, suggestionId = suggestion?.Id, length = message.Text.Length });
        if (!await conversations.AddMessageAsync(message, bodies, suggestion?.Id, audit, cancellationToken))
        {
            throw new NotFoundException("conversation");
        }
        doorbell.Ring(0);
        return new MessageView(message, [.. bodies.Select((body, i) => new Part(message, i, body.Body, body.Format, body.PlainBody))], null);
    }
}
