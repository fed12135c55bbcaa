using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Infrastructure.Platforms.Telegram;

/// <summary>Sends parts, and the typing indicator. See <see cref="TelegramParts"/> for what they look like.</summary>
internal sealed class TelegramSender(ILogger logger)
{
    private const string SendMessage = "sendMessage";
    private const string SendMediaGroup = "sendMediaGroup";

    /// <summary>
    /// Sends once; again only where Telegram refused the first try, so that nothing is sent twice: as plain text when it
    /// cannot read the markup, as a list when it refuses the buttons, as a link when it cannot fetch the file, and outside
    /// the topic when the topic is gone.
    /// </summary>
    public async Task<DeliveryOutcome> SendAsync(TelegramConnection connection, OutboundPart part, CancellationToken cancellationToken)
    {
        if (Prepare(connection, part, out var chatId, out var method, out var arguments) is { } impossible)
        {
            return impossible;
        }
        AddTarget(arguments, chatId, part.Chat, part.Ordinal == 0 ? part.AnswerVia : null);
        while (true)
        {
            var started = Stopwatch.GetTimestamp();
            try
            {
                var messageId = await CallAsync(connection, method, arguments, cancellationToken);
                return new DeliveryOutcome.Delivered(TelegramUpdateReader.MessageKey(chatId, messageId));
            }
            catch (TelegramErrorException refusal)
            {
                if (arguments.ContainsKey("message_thread_id") && TelegramRefusal.IsOfThread(refusal))
                {
                    TelegramLog.TopicGone(logger, part.MessageId, part.Ordinal);
                    arguments.Remove("message_thread_id");
                    continue;
                }
                if (Simplify(part, refusal, ref method, arguments))
                {
                    continue;
                }
                return TelegramRefusal.OutcomeOf(refusal, part);
            }
            catch (TelegramCallException failure)
            {
                cancellationToken.ThrowIfCancellationRequested();
                return TelegramRefusal.OutcomeOf(failure, part, started);
            }
        }
    }

    /// <summary>Makes a message that was sent before into this part; <see cref="FailureScope.Part"/>: that cannot be done.</summary>
    public async Task<DeliveryOutcome> EditAsync(TelegramConnection connection, OutboundPart part, string messageId, CancellationToken cancellationToken)
    {
        if (Prepare(connection, part, out var chatId, out var method, out var arguments) is { } impossible)
        {
            return impossible;
        }
        if (method != SendMessage || !TryId(messageId, out var id))
        {
            return new DeliveryOutcome.Failed("not_editable", FailureScope.Part);
        }
        arguments["chat_id"] = chatId;
        arguments["message_id"] = id;
        while (true)
        {
            var started = Stopwatch.GetTimestamp();
            try
            {
                await connection.Client!.CallAsync("editMessageText", arguments, cancellationToken);
                return new DeliveryOutcome.Delivered(TelegramUpdateReader.MessageKey(chatId, id));
            }
            catch (TelegramErrorException refusal)
            {
                if (TelegramRefusal.IsUnchanged(refusal))
                {
                    return new DeliveryOutcome.Delivered(TelegramUpdateReader.MessageKey(chatId, id));
                }
                if (Simplify(part, refusal, ref method, arguments))
                {
                    continue;
                }
                return TelegramRefusal.OutcomeOf(refusal, part);
            }
            catch (TelegramCallException failure)
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
            var arguments = new JsonObject { ["chat_id"] = chatId, ["action"] = "typing" };
            if (TryId(chat.ThreadId, out var topic))
            {
                arguments["message_thread_id"] = topic;
            }
            await client.CallAsync("sendChatAction", arguments, cancellationToken);
        }
        catch (Exception exception) when (exception is TelegramCallException or OperationCanceledException)
        {
            // Of no consequence: the answer itself meets the same trouble and has an outcome.
        }
    }

    /// <summary>Says where a message goes.</summary>
    /// <param name="replyTo">The message of a group that it answers.</param>
    public static void AddTarget(JsonObject arguments, long chatId, ChatAddress chat, string? replyTo)
    {
        arguments["chat_id"] = chatId;
        if (TryId(chat.ThreadId, out var topic))
        {
            arguments["message_thread_id"] = topic;
        }
        if (TryId(replyTo, out var question))
        {
            arguments["reply_parameters"] = new JsonObject { ["message_id"] = question, ["allow_sending_without_reply"] = true };
        }
    }

    public static bool TryId(string? text, out long id) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out id);

    /// <summary>What the part is, as a call without a chat; or why it cannot be sent.</summary>
    private static DeliveryOutcome.Failed? Prepare(TelegramConnection connection, OutboundPart part, out long chatId, out string method, out JsonObject arguments)
    {
        (method, arguments) = (SendMessage, []);
        if (!TryId(part.Chat.ChatId, out chatId))
        {
            return new DeliveryOutcome.Failed("chat_not_found", FailureScope.Chat);
        }
        if (connection.Client is null)
        {
            return new DeliveryOutcome.Failed("token_missing", FailureScope.Connection);
        }
        if (part.Format is { } format && format.StartsWith(TelegramParts.JsonPrefix, StringComparison.Ordinal))
        {
            method = format[TelegramParts.JsonPrefix.Length..];
            arguments = JsonNode.Parse(part.Text)!.AsObject();
        }
        else if (part.Format == TelegramParts.Html)
        {
            arguments["text"] = part.Text;
            arguments["parse_mode"] = TelegramParts.Html;
        }
        else
        {
            arguments["text"] = part.Format is null ? part.Text : part.PlainText ?? part.Text;
        }
        return null;
    }

    /// <summary>The message's id; of an album that of its first picture.</summary>
    private static async Task<long> CallAsync(TelegramConnection connection, string method, JsonObject arguments, CancellationToken cancellationToken)
    {
        var client = connection.Client!;
        var sent = method == SendMediaGroup
            ? (await client.CallAsync(method, arguments, TelegramJson.Default.ApiAnswerSentMessageArray, cancellationToken)).FirstOrDefault() ?? throw TelegramCallException.Unreadable(HttpStatusCode.OK)
            : await client.CallAsync(method, arguments, TelegramJson.Default.ApiAnswerSentMessage, cancellationToken);
        connection.Learn(sent.From?.Id ?? 0, sent.From?.Username);
        return sent.MessageId;
    }

    /// <summary>Leaves out what Telegram does not take, and says the same with less.</summary>
    /// <returns>Whether there was anything to leave out.</returns>
    private bool Simplify(OutboundPart part, TelegramErrorException refusal, ref string method, JsonObject arguments)
    {
        if (arguments.ContainsKey("parse_mode") && TelegramRefusal.IsOfMarkup(refusal))
        {
            TelegramLog.MarkupRefused(logger, part.MessageId, part.Ordinal);
            arguments.Remove("parse_mode");
            arguments["text"] = part.PlainText ?? part.Text;
            return true;
        }
        if (arguments.TryGetPropertyValue("reply_markup", out var keyboard) && TelegramRefusal.IsOfButtons(refusal))
        {
            TelegramLog.ButtonsRefused(logger, part.MessageId, part.Ordinal);
            arguments.Remove("reply_markup");
            var text = method == SendMessage ? "text" : "caption";
            arguments.Remove("parse_mode");
            arguments[text] = (method == SendMessage ? part.PlainText : (string?)arguments[text]) + TelegramButtons.AsList(keyboard);
            return true;
        }
        if (method != SendMessage && TelegramRefusal.OutcomeOf(refusal, part) is DeliveryOutcome.Failed { Scope: FailureScope.Part })
        {
            TelegramLog.MediaRefused(logger, part.MessageId, part.Ordinal);
            foreach (var name in arguments.Select(a => a.Key).Where(n => n is not ("chat_id" or "message_thread_id" or "reply_parameters" or "reply_markup")).ToList())
            {
                arguments.Remove(name);
            }
            method = SendMessage;
            arguments["text"] = part.PlainText;
            return true;
        }
        return false;
    }
}
