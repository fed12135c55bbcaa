using System.Diagnostics;
using System.Globalization;
using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.Logging;
using Telegram.Bot.Exceptions;
using Telegram.Bot.Requests;
using Telegram.Bot.Types.Enums;

namespace ChatOrchestrator.Infrastructure.Platforms.Telegram;

/// <summary>Sends parts with <see href="https://core.telegram.org/bots/api#sendmessage">sendMessage</see>, and the typing indicator.</summary>
internal sealed class TelegramSender(ILogger logger)
{
    /// <summary>The Bot API's name of the markup that we send.</summary>
    public const string Html = "HTML";

    /// <summary>
    /// Sends once; again only where Telegram refused the first try, so that nothing is sent twice: as plain text when it
    /// cannot read the markup, and outside the topic when the topic is gone.
    /// </summary>
    public async Task<DeliveryOutcome> SendAsync(TelegramConnection connection, OutboundPart part, CancellationToken cancellationToken)
    {
        if (connection.Client is not { } client)
        {
            return new DeliveryOutcome.Failed("token_missing", FailureScope.Connection);
        }
        if (!TryId(part.Chat.ChatId, out var chatId))
        {
            return new DeliveryOutcome.Failed("chat_not_found", FailureScope.Chat);
        }
        var isHtml = part.Format == Html;
        var request = new SendMessageRequest
        {
            ChatId = chatId,
            Text = part.Format is null || isHtml ? part.Text : part.PlainText ?? part.Text,
            ParseMode = isHtml ? ParseMode.Html : ParseMode.None,
            MessageThreadId = TryId(part.Chat.ThreadId, out var topic) ? (int)topic : null,
        };
        while (true)
        {
            var started = Stopwatch.GetTimestamp();
            try
            {
                var sent = await client.SendRequest(request, cancellationToken);
                connection.Learn(sent.From?.Id ?? 0, sent.From?.Username);
                return new DeliveryOutcome.Delivered(TelegramUpdateReader.MessageKey(sent.Chat.Id, sent.Id));
            }
            catch (ApiRequestException refusal)
            {
                if (request.ParseMode != ParseMode.None && TelegramRefusal.IsOfMarkup(refusal))
                {
                    TelegramLog.MarkupRefused(logger, part.MessageId, part.Ordinal);
                    request.ParseMode = ParseMode.None;
                    request.Text = part.PlainText ?? part.Text;
                    continue;
                }
                if (request.MessageThreadId is not null && TelegramRefusal.IsOfThread(refusal))
                {
                    TelegramLog.TopicGone(logger, part.MessageId, part.Ordinal);
                    request.MessageThreadId = null;
                    continue;
                }
                return TelegramRefusal.OutcomeOf(refusal, part);
            }
            catch (RequestException failure)
            {
                cancellationToken.ThrowIfCancellationRequested();
                return TelegramRefusal.OutcomeOf(failure, part, started);
            }
        }
    }

    public static async Task ShowTypingAsync(TelegramConnection connection, ChatAddress chat, CancellationToken cancellationToken)
    {
        if (connection.Client is not { } client || !TryId(chat.ChatId, out var chatId))
        {
            return;
        }
        try
        {
            await client.SendRequest(
                new SendChatActionRequest
                {
                    ChatId = chatId,
                    Action = ChatAction.Typing,
                    MessageThreadId = TryId(chat.ThreadId, out var topic) ? (int)topic : null,
                },
                cancellationToken);
        }
        catch (Exception exception) when (exception is RequestException or OperationCanceledException)
        {
            // Of no consequence: the answer itself meets the same trouble and has an outcome.
        }
    }

    private static bool TryId(string text, out long id) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out id);
}
