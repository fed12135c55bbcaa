using System.Buffers;
using System.Net;
using System.Text.Encodings.Web;
using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Formatting;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Infrastructure.Platforms.Slack;

/// <summary>Sends parts with <see href="https://docs.slack.dev/reference/methods/chat.postMessage">chat.postMessage</see>, or through the response URL of a slash command.</summary>
internal sealed class SlackSender(SlackApi api, ILogger logger)
{
    /// <summary>How often a response URL can be used, within half an hour.</summary>
    private const int MaxResponses = 5;

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Sends once; again only where Slack refused the first try, so that nothing is sent twice: as plain text when it does not
    /// take the blocks, outside the thread when the thread is gone, as a message when the response URL is used up.
    /// </summary>
    public async Task<DeliveryOutcome> SendAsync(SlackConnection connection, OutboundPart part, CancellationToken cancellationToken)
    {
        if (connection.Token is not { } token)
        {
            return new DeliveryOutcome.Failed("token_missing", FailureScope.Connection);
        }
        try
        {
            var via = AnswerVia.Parse(part.AnswerVia);
            if (via is not null && part.Ordinal < MaxResponses && api.IsOurs(via.ResponseUrl))
            {
                if (await RespondAsync(via, part, cancellationToken) is { } outcome)
                {
                    return outcome;
                }
                SlackLog.ResponseUrlGone(logger, part.MessageId, part.Ordinal);
            }
            return await PostAsync(token, part, via is { InChannel: false } ? via.UserId : null, cancellationToken);
        }
        catch (PlatformCallException broken)
        {
            return broken.OutcomeFor(part);
        }
    }

    /// <summary>Null: the URL cannot be used any more, and nothing was shown.</summary>
    private async Task<DeliveryOutcome?> RespondAsync(AnswerVia via, OutboundPart part, CancellationToken cancellationToken)
    {
        var message = new Message { Form = FormOf(part), ResponseType = via.InChannel ? "in_channel" : "ephemeral" };
        var answer = await api.RespondAsync(via.ResponseUrl, Write(part, message), cancellationToken);
        return answer switch
        {
            { IsSuccess: true } when !Says(answer, "\"ok\":false"u8) && !Says(answer, "\"ok\": false"u8) => new DeliveryOutcome.Delivered($"response:{part.Reference}"),
            { Status: HttpStatusCode.TooManyRequests } => SlackRefusal.Throttled(answer.RetryAfter),
            { Status: >= HttpStatusCode.InternalServerError } => new DeliveryOutcome.Retry(Pauses.After(part), "server_error", Throttled: false),
            _ => null,
        };
    }

    /// <param name="onlyFor">The one who sees it; null: everybody.</param>
    private async Task<DeliveryOutcome> PostAsync(string token, OutboundPart part, string? onlyFor, CancellationToken cancellationToken)
    {
        var message = new Message { Form = FormOf(part), Channel = part.Chat.ChatId, ThreadTs = part.Chat.ThreadId, OnlyFor = onlyFor };
        while (true)
        {
            var answer = await api.PostAsync(onlyFor is null ? "chat.postMessage" : "chat.postEphemeral", token, Write(part, message), cancellationToken);
            if (answer.IsOk)
            {
                return answer.Body!.Ts is { Length: > 0 } ts
                    ? new DeliveryOutcome.Delivered($"{answer.Body.Channel?.Id ?? part.Chat.ChatId}:{ts}")
                    : new DeliveryOutcome.Delivered($"response:{part.Reference}");
            }
            if (message.Form == Form.Blocks && SlackRefusal.IsOfBlocks(answer.Error))
            {
                SlackLog.BlocksRefused(logger, part.MessageId, part.Ordinal);
                message = message with { Form = Form.Plain };
            }
            else if (message.ThreadTs.Length > 0 && SlackRefusal.IsOfThread(answer.Error))
            {
                SlackLog.ThreadGone(logger, part.MessageId, part.Ordinal);
                message = message with { ThreadTs = "" };
            }
            else
            {
                return SlackRefusal.OutcomeOf(answer, part);
            }
        }
    }

    private static Form FormOf(OutboundPart part) => part.Format switch
    {
        SlackParts.Mrkdwn => Form.Mrkdwn,
        SlackParts.Blocks => Form.Blocks,
        _ => Form.Plain,
    };

    private static ReadOnlyMemory<byte> Write(OutboundPart part, Message message)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Relaxed))
        {
            json.WriteStartObject();
            if (message.Channel is { } channel)
            {
                json.WriteString("channel", channel);
            }
            if (message.ThreadTs.Length > 0)
            {
                json.WriteString("thread_ts", message.ThreadTs);
            }
            if (message.OnlyFor is { } user)
            {
                json.WriteString("user", user);
            }
            if (message.ResponseType is { } type)
            {
                json.WriteString("response_type", type);
                json.WriteBoolean("replace_original", false);
            }
            WriteContent(json, part, message.Form);
            if (message is { ResponseType: null, OnlyFor: null })
            {
                // By this it is found again: https://docs.slack.dev/messaging/message-metadata
                json.WriteStartObject("metadata");
                json.WriteString("event_type", SlackMessageReader.PartEventType);
                json.WriteStartObject("event_payload");
                json.WriteString("reference", part.Reference.ToString());
                json.WriteEndObject();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        return buffer.WrittenMemory;
    }

    private static void WriteContent(Utf8JsonWriter json, OutboundPart part, Form form)
    {
        if (form == Form.Blocks)
        {
            using var body = JsonDocument.Parse(part.Text);
            foreach (var field in body.RootElement.EnumerateObject())
            {
                field.WriteTo(json);
            }
            return;
        }
        json.WriteString("text", form == Form.Mrkdwn ? part.Text : SlackMrkdwn.Escape(part.Format is null ? part.Text : part.PlainText ?? part.Text));
        json.WriteBoolean("mrkdwn", form == Form.Mrkdwn);
    }

    private static bool Says(PlatformAnswer answer, ReadOnlySpan<byte> words) => answer.Body.AsSpan().IndexOf(words) >= 0;

    private enum Form
    {
        Plain,
        Mrkdwn,
        Blocks,
    }

    private sealed record Message
    {
        public required Form Form { get; init; }

        public string? Channel { get; init; }

        public string ThreadTs { get; init; } = "";

        public string? OnlyFor { get; init; }

        public string? ResponseType { get; init; }
    }
}
