using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.ApiService.WebChat;

/// <param name="Token">An earlier session's token, to go on with its conversation.</param>
internal sealed record OpenSessionRequest(string? Token = null);

/// <param name="ConversationId">Null before the first message.</param>
internal sealed record SessionResponse(string Token, DateTimeOffset ExpiresAt, Guid? ConversationId, WebChatBot Bot, WebChatLimits Limits);

internal sealed record WebChatBot(string Name, string? Greeting);

/// <param name="MaxTextLength">In UTF-16 code units.</param>
internal sealed record WebChatLimits(int MaxTextLength);

/// <param name="ClientMessageId">The page's own id: sending it again stores nothing new.</param>
internal sealed record PostMessageRequest(string? Text, string? ClientMessageId);

internal sealed record MessageAccepted(Guid Id, string ClientMessageId, DateTimeOffset CreatedAt);

internal sealed record WebChatMessages(IReadOnlyList<WebChatMessage> Items, string? NextCursor);

internal sealed record WebChatMessage(
    Guid Id, long Sequence, string Role, string Text, DateTimeOffset CreatedAt, string? ClientMessageId, Guid? TurnId)
{
    public static WebChatMessage Of(Message message) => new(
        message.Id,
        message.Sequence,
        message.Author switch
        {
            MessageAuthor.Participant => "user",
            MessageAuthor.Bot => "bot",
            _ => "agent",
        },
        message.Text,
        message.CreatedAt,
        // {chat}:{clientMessageId}, and a chat's id has no colon.
        message.PlatformMessageId is { } id && id.IndexOf(':', StringComparison.Ordinal) is > 0 and var at ? id[(at + 1)..] : null,
        message.TurnId);
}
