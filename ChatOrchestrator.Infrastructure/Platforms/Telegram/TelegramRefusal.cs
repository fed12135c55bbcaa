using System.Diagnostics;
using System.Net;
using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Infrastructure.Platforms.Telegram;

/// <summary>
/// What an error of the Bot API means for a part. Telegram has few error codes and tells the cases apart by description
/// only; what it says is not documented, so that anything unknown falls back to what the code alone says. Reasons are
/// words of our own: what Telegram says may quote what was sent.
/// </summary>
internal static class TelegramRefusal
{
    /// <summary>How long to wait when Telegram says 429 and does not say how long.</summary>
    private static readonly TimeSpan DefaultRetryAfter = TimeSpan.FromSeconds(5);

    private static readonly (string Phrase, string Reason, FailureScope Scope)[] Descriptions =
    [
        ("bot was blocked by the user", "blocked", FailureScope.Chat),
        ("user is deactivated", "user_deactivated", FailureScope.Chat),
        ("bot was kicked", "kicked", FailureScope.Chat),
        ("bot is not a member", "not_a_member", FailureScope.Chat),
        ("can't initiate conversation", "not_started", FailureScope.Chat),
        ("can't send messages to bots", "is_a_bot", FailureScope.Chat),
        ("chat not found", "chat_not_found", FailureScope.Chat),
        ("user not found", "chat_not_found", FailureScope.Chat),
        ("PEER_ID_INVALID", "chat_not_found", FailureScope.Chat),
        ("group chat was upgraded", "group_upgraded", FailureScope.Chat),
        ("group chat was deactivated", "group_deactivated", FailureScope.Chat),
        ("rights to send", "no_rights", FailureScope.Chat),
        ("CHAT_WRITE_FORBIDDEN", "no_rights", FailureScope.Chat),
        ("CHAT_RESTRICTED", "no_rights", FailureScope.Chat),
        ("TOPIC_CLOSED", "topic_closed", FailureScope.Part),
        ("message is too long", "message_too_long", FailureScope.Part),
        ("MESSAGE_TOO_LONG", "message_too_long", FailureScope.Part),
        ("text is empty", "message_empty", FailureScope.Part),
        ("text must be non-empty", "message_empty", FailureScope.Part),
        ("can't parse entities", "markup_refused", FailureScope.Part),
        ("replied not found", "reply_not_found", FailureScope.Part),
        ("reply message not found", "reply_not_found", FailureScope.Part),
    ];

    public static bool IsOfMarkup(TelegramErrorException refusal) => refusal.Code == 400 && Says(refusal, "can't parse entities");

    public static bool IsOfButtons(TelegramErrorException refusal) =>
        refusal.Code == 400 && (Says(refusal, "BUTTON_") || Says(refusal, "inline keyboard button") || Says(refusal, "REPLY_MARKUP"));

    /// <summary>An edit that changes nothing.</summary>
    public static bool IsUnchanged(TelegramErrorException refusal) => refusal.Code == 400 && Says(refusal, "message is not modified");

    public static bool IsOfThread(TelegramErrorException refusal) =>
        refusal.Code == 400 && (Says(refusal, "message thread not found") || Says(refusal, "TOPIC_DELETED"));

    /// <summary>Telegram answered with an error.</summary>
    public static DeliveryOutcome OutcomeOf(TelegramErrorException refusal, OutboundPart part)
    {
        switch (refusal.Code)
        {
            case 429:
                return Throttled(refusal.Parameters?.RetryAfter);
            case >= 500:
                return new DeliveryOutcome.Retry(Pauses.After(part), "server_error", Throttled: false);
            // A token that was never valid is "Not Found": it is part of the address.
            case 401 or 404:
                return new DeliveryOutcome.Failed("unauthorized", FailureScope.Connection);
        }
        if (refusal.Parameters?.MigrateToChatId is { } to)
        {
            return new DeliveryOutcome.Moved(to.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
        foreach (var (phrase, reason, scope) in Descriptions)
        {
            if (Says(refusal, phrase))
            {
                return new DeliveryOutcome.Failed(reason, scope);
            }
        }
        return refusal.Code == 403
            ? new DeliveryOutcome.Failed("forbidden", FailureScope.Chat)
            : new DeliveryOutcome.Failed("bad_request", FailureScope.Part);
    }

    /// <summary>No answer of Telegram's: whether the message may have arrived.</summary>
    /// <param name="started">When the call began, from <see cref="Stopwatch.GetTimestamp"/>.</param>
    public static DeliveryOutcome OutcomeOf(TelegramCallException failure, OutboundPart part, long started)
    {
        switch (failure.Status)
        {
            case null:
                break;
            case HttpStatusCode.OK:
                return new DeliveryOutcome.Unknown("unreadable_answer");
            case HttpStatusCode.TooManyRequests:
                return Throttled(null);
            default:
                // A proxy on the way, or Telegram's own front with a page in place of JSON.
                return new DeliveryOutcome.Retry(Pauses.After(part), "server_error", Throttled: false);
        }
        return WasNotSent(failure, started)
            ? new DeliveryOutcome.Retry(Pauses.After(part), "unreachable", Throttled: false)
            : new DeliveryOutcome.Unknown(failure.InnerException is OperationCanceledException ? "timeout" : "connection_broken");
    }

    private static bool WasNotSent(TelegramCallException failure, long started) => failure.InnerException switch
    {
        HttpRequestException http => http.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError
            or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError,
        // A time limit that ran out before the call's own was that of connecting.
        OperationCanceledException => Stopwatch.GetElapsedTime(started) < TelegramHttp.CallTimeout - TimeSpan.FromSeconds(1),
        _ => false,
    };

    private static DeliveryOutcome.Retry Throttled(int? retryAfterSeconds) =>
        new(retryAfterSeconds is { } seconds ? TimeSpan.FromSeconds(Math.Max(1, seconds)) : DefaultRetryAfter, "too_many_requests", Throttled: true);

    private static bool Says(TelegramErrorException refusal, string phrase) => refusal.Message.Contains(phrase, StringComparison.OrdinalIgnoreCase);
}
