using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Application.Administration;

/// <summary>An operator speaks first, where the platform allows it. What is said goes the way of every other message.</summary>
public sealed class StartConversation(IConnectionDirectory connections, Platforms platforms, IInboxStore inbox, SendAgentMessage send)
{
    private const int MaxRecipientLength = 200;

    /// <param name="id">The connection that speaks.</param>
    /// <param name="recipient">The user or chat, as the platform names it.</param>
    /// <param name="agent">Who writes.</param>
    /// <param name="text">CommonMark.</param>
    /// <param name="actor">Who calls, for the audit log.</param>
    /// <exception cref="NotFoundException">There is no such connection.</exception>
    /// <exception cref="InvalidInputException">The platform does not allow it, or does not know the recipient.</exception>
    /// <exception cref="Domain.DomainException">The text is empty or too long, the connection is off, or the conversation has ended.</exception>
    /// <exception cref="PlatformException">The platform cannot be reached now.</exception>
    public async Task<MessageView> HandleAsync(ConnectionId id, string? recipient, string agent, string? text, Actor actor, CancellationToken cancellationToken)
    {
        var connection = await connections.FindAsync(id, cancellationToken) ?? throw new NotFoundException("connection");
        Domain.Messages.Message.RequireText(text);
        if (string.IsNullOrWhiteSpace(recipient) || recipient.Length > MaxRecipientLength)
        {
            throw new InvalidInputException("to", $"to names the recipient in 1 to {MaxRecipientLength} characters.");
        }
        if (connection.DisabledReason is not null)
        {
            throw new Domain.DomainException("state", "The connection is disabled.");
        }
        if (platforms.Get(connection.Platform) is not IStartsConversations starts)
        {
            throw new InvalidInputException("to", $"A bot on {connection.Platform} cannot speak first: people write to it, then it answers.");
        }
        StartedChat chat;
        try
        {
            chat = await starts.OpenAsync(connection, recipient.Trim(), cancellationToken);
        }
        catch (PlatformException e) when (e.Permanent)
        {
            throw new InvalidInputException("to", $"The platform does not open a chat with this recipient ({e.Message}).");
        }
        var address = new InboxAddress(connection.Id, connection.Bot.Id, chat.Chat, chat.IsGroup, chat.Title, new InboundAuthor(chat.UserId ?? chat.Chat.ChatId));
        var found = (await inbox.ResolveAsync([address], cancellationToken))[0];
        return await send.HandleAsync(found.Conversation, agent, text, null, actor, cancellationToken);
    }
}
