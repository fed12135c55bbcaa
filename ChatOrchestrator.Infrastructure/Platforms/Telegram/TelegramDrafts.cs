using System.Globalization;
using System.Text.Json.Nodes;
using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Infrastructure.Platforms.Telegram;

/// <summary>Shows answers in the making with <see href="https://core.telegram.org/bots/api#editmessagetext">editMessageText</see>.</summary>
internal sealed class TelegramDrafts(Func<ConnectionSnapshot, TelegramConnection> connections) : IShowsDrafts
{
    /// <summary>In a group Telegram takes 20 messages and edits a minute, and the answers themselves count.</summary>
    private static readonly TimeSpan BetweenInGroup = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan BetweenInPrivate = TimeSpan.FromSeconds(1.5);

    /// <summary>The ids of groups are negative.</summary>
    public TimeSpan Between(AnswerDraft draft) => draft.Chat.ChatId.StartsWith('-') ? BetweenInGroup : BetweenInPrivate;

    public PartBody? Render(string text) => TelegramParts.First(text);

    public Task<DraftCall> SendAsync(ConnectionSnapshot connection, AnswerDraft draft, PartBody body, CancellationToken cancellationToken)
    {
        var arguments = new JsonObject();
        if (!TelegramSender.TryId(draft.Chat.ChatId, out var chatId))
        {
            return Task.FromResult(DraftCall.Refused);
        }
        TelegramSender.AddTarget(arguments, chatId, draft.Chat, draft.AnswerVia);
        // No page is fetched for half an address.
        arguments["link_preview_options"] = new JsonObject { ["is_disabled"] = true };
        return CallAsync(connection, "sendMessage", arguments, body, cancellationToken);
    }

    public Task<DraftCall> EditAsync(ConnectionSnapshot connection, AnswerDraft draft, string messageId, PartBody body, CancellationToken cancellationToken) =>
        CallAsync(
            connection,
            "editMessageText",
            new JsonObject { ["chat_id"] = draft.Chat.ChatId, ["message_id"] = messageId, ["link_preview_options"] = new JsonObject { ["is_disabled"] = true } },
            body,
            cancellationToken);

    public async Task<DraftCall> DeleteAsync(ConnectionSnapshot connection, AnswerDraft draft, string messageId, CancellationToken cancellationToken)
    {
        if (connections(connection).Client is not { } client)
        {
            return DraftCall.Refused;
        }
        var arguments = new JsonObject { ["chat_id"] = draft.Chat.ChatId, ["message_id"] = messageId };
        return await TryAsync(
            async () =>
            {
                await client.CallAsync("deleteMessage", arguments, cancellationToken);
                return DraftCall.Done();
            },
            cancellationToken);
    }

    private async Task<DraftCall> CallAsync(ConnectionSnapshot connection, string method, JsonObject arguments, PartBody body, CancellationToken cancellationToken)
    {
        if (connections(connection).Client is not { } client)
        {
            return DraftCall.Refused;
        }
        arguments["text"] = body.Body;
        if (body.Format is { } markup)
        {
            arguments["parse_mode"] = markup;
        }
        return await TryAsync(
            async () =>
            {
                try
                {
                    return await SendAsync();
                }
                catch (TelegramErrorException refusal) when (arguments.ContainsKey("parse_mode") && TelegramRefusal.IsOfMarkup(refusal))
                {
                    arguments.Remove("parse_mode");
                    arguments["text"] = body.PlainBody;
                    return await SendAsync();
                }
            },
            cancellationToken);

        async Task<DraftCall> SendAsync()
        {
            var shown = await client.CallAsync(method, arguments, TelegramJson.Default.ApiAnswerSentMessage, cancellationToken);
            return DraftCall.Done(shown.MessageId.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static async Task<DraftCall> TryAsync(Func<Task<DraftCall>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call();
        }
        catch (TelegramErrorException refusal)
        {
            return refusal.Code == 429
                ? DraftCall.TooFast(refusal.Parameters?.RetryAfter is { } seconds ? TimeSpan.FromSeconds(seconds) : null)
                : TelegramRefusal.IsUnchanged(refusal) ? DraftCall.Done() : DraftCall.Refused;
        }
        catch (TelegramCallException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return DraftCall.NoAnswer;
        }
    }
}
