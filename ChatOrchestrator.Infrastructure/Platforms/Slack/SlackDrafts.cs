using System.Net;
using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Infrastructure.Platforms.Slack;

/// <summary>Shows answers in the making with <see href="https://docs.slack.dev/reference/methods/chat.update">chat.update</see>, which Slack takes about fifty times a minute.</summary>
internal sealed class SlackDrafts(SlackApi api, Func<ConnectionSnapshot, SlackConnection> connections) : IShowsDrafts
{
    public TimeSpan Between(AnswerDraft draft) => TimeSpan.FromSeconds(2);

    /// <summary>Without the choices and pictures to come: they belong to the finished answer.</summary>
    public PartBody? Render(string text) => SlackParts.First(text);

    public Task<DraftCall> SendAsync(ConnectionSnapshot connection, AnswerDraft draft, PartBody body, CancellationToken cancellationToken) =>
        // Without the part's reference: what is found by it counts as the finished answer.
        CallAsync(connection, "chat.postMessage", OutgoingMessage.Of(body) with { Channel = draft.Chat.ChatId, ThreadTs = draft.Chat.ThreadId }, cancellationToken);

    public Task<DraftCall> EditAsync(ConnectionSnapshot connection, AnswerDraft draft, string messageId, PartBody body, CancellationToken cancellationToken) =>
        CallAsync(connection, "chat.update", Named(OutgoingMessage.Of(body), messageId), cancellationToken);

    public async Task<DraftCall> DeleteAsync(ConnectionSnapshot connection, AnswerDraft draft, string messageId, CancellationToken cancellationToken)
    {
        var message = Named(new OutgoingMessage { Text = "" }, messageId);
        if (connections(connection).Token is not { } token)
        {
            return DraftCall.Refused;
        }
        try
        {
            var answer = await api.ReadAsync("chat.delete", token, new Dictionary<string, string> { ["channel"] = message.Channel!, ["ts"] = message.Ts! }, cancellationToken);
            return answer.Error == "message_not_found" ? DraftCall.Done(messageId) : ResultOf(answer, messageId);
        }
        catch (PlatformCallException)
        {
            return DraftCall.NoAnswer;
        }
    }

    private async Task<DraftCall> CallAsync(ConnectionSnapshot connection, string method, OutgoingMessage message, CancellationToken cancellationToken)
    {
        if (connections(connection).Token is not { } token)
        {
            return DraftCall.Refused;
        }
        try
        {
            var answer = await api.PostAsync(method, token, message.ToJson(), cancellationToken);
            return ResultOf(answer, $"{answer.Body?.Channel?.Id ?? message.Channel}:{answer.Body?.Ts ?? message.Ts}");
        }
        catch (PlatformCallException broken)
        {
            return broken.MayHaveArrived ? DraftCall.NoAnswer : DraftCall.Refused;
        }
    }

    private static DraftCall ResultOf(SlackAnswer answer, string messageId) => answer switch
    {
        { IsOk: true } => DraftCall.Done(messageId),
        { Status: HttpStatusCode.TooManyRequests } or { Error: "ratelimited" or "rate_limited" } => DraftCall.TooFast(answer.RetryAfter),
        { Error: null or "internal_error" or "fatal_error" } => DraftCall.NoAnswer,
        _ => DraftCall.Refused,
    };

    private static OutgoingMessage Named(OutgoingMessage message, string messageId)
    {
        var at = messageId.IndexOf(':', StringComparison.Ordinal);
        return message with { Channel = messageId[..at], Ts = messageId[(at + 1)..] };
    }
}
