using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Application.Administration;

/// <summary>An operator writes into a conversation; the message is delivered like the bot's.</summary>
public sealed class SendAgentMessage(IConversationStore conversations, Platforms platforms, Doorbell doorbell, TimeProvider time)
{
    /// <exception cref="NotFoundException">There is no such conversation.</exception>
    /// <exception cref="Domain.DomainException">The text is empty or too long, or the conversation has ended.</exception>
    public async Task<MessageView> HandleAsync(ConversationId id, string agent, string? text, CancellationToken cancellationToken)
    {
        Message.RequireText(text);
        var conversation = await conversations.FindAsync(id, cancellationToken) ?? throw new NotFoundException("conversation");
        var message = Message.ByAgent(id, conversation.Conversation.ConnectionId, agent, text!.Replace('\0', '\uFFFD'), time.GetUtcNow());
        var bodies = platforms.Get(conversation.Platform).Split(message.Text);
        if (!await conversations.AddMessageAsync(message, bodies, cancellationToken))
        {
            throw new NotFoundException("conversation");
        }
        doorbell.Ring(0);
        return new MessageView(message, [.. bodies.Select((body, i) => new Part(message, i, body.Body, body.Format, body.PlainBody))], null);
    }
}
