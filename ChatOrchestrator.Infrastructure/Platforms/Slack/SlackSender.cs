using System.Net;
using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Infrastructure.Platforms.Slack;

/// <summary>Sends parts with <see href="https://docs.slack.dev/reference/methods/chat.postMessage">chat.postMessage</see>, or through the response URL of a slash command.</summary>
internal sealed class SlackSender(SlackApi api, ILogger logger)
{
    /// <summary>How often a response URL can be used, within half an hour.</summary>
    private const int MaxResponses = 5;

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

    /// <summary>Makes a message that shows the answer so far the part.</summary>
    /// <param name="messageId">As <see cref="SlackMessageReader.KeyOf"/>.</param>
    public async Task<DeliveryOutcome> EditAsync(SlackConnection connection, OutboundPart part, string messageId, CancellationToken cancellationToken)
    {
        if (connection.Token is not { } token || messageId.Split(':') is not [var channel, var ts])
        {
            return new DeliveryOutcome.Failed("refused", FailureScope.Part);
        }
        try
        {
            var message = OutgoingMessage.Of(part) with { Channel = channel, Ts = ts, Reference = part.Reference };
            var answer = await api.PostAsync("chat.update", token, message.ToJson(), cancellationToken);
            if (SlackRefusal.IsOfBlocks(answer.Error))
            {
                SlackLog.BlocksRefused(logger, part.MessageId, part.Ordinal);
                answer = await api.PostAsync("chat.update", token, message.AsPlain().ToJson(), cancellationToken);
            }
            return answer.IsOk ? new DeliveryOutcome.Delivered(messageId) : SlackRefusal.OutcomeOf(answer, part);
        }
        catch (PlatformCallException broken)
        {
            return broken.OutcomeFor(part);
        }
    }

    /// <summary>Null: the URL cannot be used any more, and nothing was shown.</summary>
    private async Task<DeliveryOutcome?> RespondAsync(AnswerVia via, OutboundPart part, CancellationToken cancellationToken)
    {
        var message = OutgoingMessage.Of(part) with { ResponseType = via.InChannel ? "in_channel" : "ephemeral" };
        var answer = await api.RespondAsync(via.ResponseUrl, message.ToJson(), cancellationToken);
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
        var message = OutgoingMessage.Of(part) with
        {
            Channel = part.Chat.ChatId,
            ThreadTs = part.Chat.ThreadId,
            OnlyFor = onlyFor,
            Reference = onlyFor is null ? part.Reference : null,
        };
        while (true)
        {
            var answer = await api.PostAsync(onlyFor is null ? "chat.postMessage" : "chat.postEphemeral", token, message.ToJson(), cancellationToken);
            if (answer.IsOk)
            {
                return answer.Body!.Ts is { Length: > 0 } ts
                    ? new DeliveryOutcome.Delivered($"{answer.Body.Channel?.Id ?? part.Chat.ChatId}:{ts}")
                    : new DeliveryOutcome.Delivered($"response:{part.Reference}");
            }
            if (message.Format == SlackParts.Blocks && SlackRefusal.IsOfBlocks(answer.Error))
            {
                SlackLog.BlocksRefused(logger, part.MessageId, part.Ordinal);
                message = message.AsPlain();
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

    private static bool Says(PlatformAnswer answer, ReadOnlySpan<byte> words) => answer.Body.AsSpan().IndexOf(words) >= 0;
}
