using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Infrastructure.Platforms.Discord;

/// <summary>
/// What an answer that refuses means for a part, by its status and
/// <see href="https://discord.com/developers/docs/topics/opcodes-and-status-codes#json">JSON error code</see>. Reasons are
/// words of our own.
/// </summary>
internal static class DiscordRefusal
{
    private const int UnknownInteraction = 10062;
    private const int UnknownWebhook = 10015;
    private const int UnknownMessage = 10008;
    private const int InvalidWebhookToken = 50027;
    private const int InvalidFormBody = 50035;

    /// <summary>How long to wait when Discord says 429 and does not say how long.</summary>
    private static readonly TimeSpan DefaultRetryAfter = TimeSpan.FromSeconds(5);

    /// <summary>A refusal in one stable word.</summary>
    public static string ReasonOf(PlatformAnswer answer) => CodeOf(answer) switch
    {
        10003 => "unknown_channel",
        10004 => "unknown_guild",
        10013 => "unknown_user",
        UnknownMessage => "unknown_message",
        UnknownWebhook or UnknownInteraction or InvalidWebhookToken => "interaction_expired",
        20016 => "slow_mode",
        20026 or 20028 => "too_many_requests",
        40001 => "unauthorized",
        40003 => "too_fast",
        50001 => "missing_access",
        50006 => "message_empty",
        50007 => "cannot_send_to_user",
        50008 => "not_a_text_channel",
        50013 => "missing_permissions",
        50083 => "thread_archived",
        InvalidFormBody => "invalid_form_body",
        160005 => "thread_locked",
        200000 or 200001 => "blocked_by_automod",
        _ => (int)answer.Status switch
        {
            401 => "unauthorized",
            403 => "forbidden",
            404 => "not_found",
            413 => "too_large",
            429 => "too_many_requests",
            >= 500 => "server_error",
            _ => "bad_request",
        },
    };

    /// <summary>The interaction's token has run out or is not known: the answer goes to the channel itself.</summary>
    public static bool IsOfInteraction(PlatformAnswer answer) =>
        (int)answer.Status is 401 or 403 or 404 || CodeOf(answer) is UnknownInteraction or UnknownWebhook or InvalidWebhookToken or UnknownMessage;

    /// <summary>
    /// As <see cref="IsOfInteraction"/>, and perhaps only too early: Discord knows of no answer to an interaction before it has
    /// read that the answer will come, and a fast answer overtakes that.
    /// </summary>
    public static bool IsOfAcknowledgement(PlatformAnswer answer) => (int)answer.Status == 404 && CodeOf(answer) is UnknownWebhook;

    /// <summary>Discord cannot use the message's buttons or embeds.</summary>
    public static bool IsOfForm(PlatformAnswer answer) => (int)answer.Status == 400 && CodeOf(answer) is InvalidFormBody or 0;

    public static DeliveryOutcome OutcomeOf(PlatformAnswer answer, OutboundPart part)
    {
        var reason = ReasonOf(answer);
        switch ((int)answer.Status)
        {
            case 401:
                return new DeliveryOutcome.Failed("unauthorized", FailureScope.Connection);
            case 429:
                return new DeliveryOutcome.Retry(answer.RetryAfter is { } after && after > TimeSpan.Zero ? after : DefaultRetryAfter, "too_many_requests", Throttled: true);
            case >= 500:
                return new DeliveryOutcome.Retry(Pauses.After(part), "server_error", Throttled: false);
            case 403 when reason is "slow_mode":
                return new DeliveryOutcome.Retry(Pauses.After(part), reason, Throttled: true);
            case 403 when reason is "blocked_by_automod":
                return new DeliveryOutcome.Failed(reason, FailureScope.Part);
            case 403 or 404:
                return new DeliveryOutcome.Failed(reason, FailureScope.Chat);
        }
        return reason is "unknown_channel" or "cannot_send_to_user" or "not_a_text_channel" or "missing_access" or "thread_archived" or "thread_locked"
            ? new DeliveryOutcome.Failed(reason, FailureScope.Chat)
            : new DeliveryOutcome.Failed(reason, FailureScope.Part);
    }

    private static int CodeOf(PlatformAnswer answer) => DiscordRest.Read(answer, DiscordJson.Default.DiscordError)?.Code ?? 0;
}
