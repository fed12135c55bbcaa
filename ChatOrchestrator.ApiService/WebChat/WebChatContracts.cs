using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.ApiService.WebChat;

/// <param name="Token">An earlier session's token, to go on with its conversation.</param>
internal sealed record OpenSessionRequest(string? Token = null);

/// <param name="ConversationId">Null before the first message.</param>
/// <param name="ImageOrigins">Where pictures of answers may be loaded from, beside this server; <c>*</c>: any https address.</param>
internal sealed record SessionResponse(
    string Token, DateTimeOffset ExpiresAt, Guid? ConversationId, WebChatBot Bot, WebChatLimits Limits, IReadOnlyList<string> ImageOrigins);

internal sealed record WebChatBot(string Name, string? Greeting);

/// <param name="MaxTextLength">In UTF-16 code units.</param>
internal sealed record WebChatLimits(int MaxTextLength);

/// <param name="ClientMessageId">The page's own id: sending it again stores nothing new.</param>
/// <param name="Payload">Of the button that was pressed, whose label is the text; null: the visitor wrote the text.</param>
internal sealed record PostMessageRequest(string? Text, string? ClientMessageId, string? Payload = null);

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
