using System.Text.Json;
using System.Text.Json.Nodes;
using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Infrastructure.Platforms.Discord;

/// <summary>
/// Shows answers in the making with <see href="https://discord.com/developers/docs/resources/message#edit-message">Edit Message</see>.
/// Without a nonce: the part that is delivered after a crash must not be taken for what was shown of it.
/// </summary>
internal sealed class DiscordDrafts(DiscordRest rest, Func<ConnectionSnapshot, DiscordConnection> connections) : IShowsDrafts
{
    private const int UnknownMessageStatus = 404;

    public PartBody? Render(string text) => DiscordParts.First(text);

    public Task<DraftCall> SendAsync(ConnectionSnapshot connection, AnswerDraft draft, PartBody body, CancellationToken cancellationToken) =>
        CallAsync(connection, DiscordRoute.CreateMessage(draft.Chat.ChatId), BodyOf(body), cancellationToken);

    public Task<DraftCall> EditAsync(ConnectionSnapshot connection, AnswerDraft draft, string messageId, PartBody body, CancellationToken cancellationToken) =>
        CallAsync(connection, DiscordRoute.EditMessage(draft.Chat.ChatId, messageId), BodyOf(body), cancellationToken);

    public Task<DraftCall> DeleteAsync(ConnectionSnapshot connection, AnswerDraft draft, string messageId, CancellationToken cancellationToken) =>
        CallAsync(connection, DiscordRoute.DeleteMessage(draft.Chat.ChatId, messageId), null, cancellationToken);

    private static byte[] BodyOf(PartBody body) => JsonSerializer.SerializeToUtf8Bytes(
        new JsonObject { ["content"] = body.Body, ["allowed_mentions"] = new JsonObject { ["parse"] = new JsonArray() } });

    private async Task<DraftCall> CallAsync(ConnectionSnapshot connection, DiscordRoute route, byte[]? body, CancellationToken cancellationToken)
    {
        if (connections(connection).Token is not { } token)
        {
            return DraftCall.Refused;
        }
        try
        {
            var answer = await rest.CallAsync(token, route, body, cancellationToken);
            return (int)answer.Status switch
            {
                >= 200 and < 300 => DraftCall.Done(DiscordRest.Read(answer, DiscordJson.Default.Message)?.Id),
                UnknownMessageStatus when route.Method == HttpMethod.Delete => DraftCall.Done(),
                429 => DraftCall.TooFast(answer.RetryAfter),
                >= 500 => DraftCall.NoAnswer,
                _ => DraftCall.Refused,
            };
        }
        catch (RateLimitedException limited)
        {
            return DraftCall.TooFast(limited.After);
        }
        catch (PlatformCallException)
        {
            return DraftCall.NoAnswer;
        }
    }
}
