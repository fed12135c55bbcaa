using System.Collections.Frozen;
using System.Net;
using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Infrastructure.Platforms.Slack;

/// <summary>
/// What an error of the Web API means: <see href="https://docs.slack.dev/reference/methods/chat.postMessage#errors"/>. Slack's
/// words are stable and are our reasons; one that is not known here is <c>refused</c>.
/// </summary>
internal static class SlackRefusal
{
    /// <summary>How long to wait when Slack says that we are too fast and not for how long.</summary>
    private static readonly TimeSpan DefaultRetryAfter = TimeSpan.FromSeconds(5);

    /// <summary>The credentials, the app or the workspace: everything fails until somebody changes the connection.</summary>
    private static readonly FrozenSet<string> OfConnection = FrozenSet.Create(StringComparer.Ordinal,
        "account_inactive", "app_not_installed", "ekm_access_denied", "enterprise_is_restricted", "invalid_auth", "missing_scope",
        "not_allowed_token_type", "not_authed", "org_login_required", "team_access_not_granted", "token_expired", "token_revoked",
        "two_factor_setup_required");

    private static readonly FrozenSet<string> OfChat = FrozenSet.Create(StringComparer.Ordinal,
        "access_denied", "cannot_dm_bot", "channel_is_limited_access", "channel_not_found", "channel_type_not_supported", "is_archived",
        "is_inactive", "messages_tab_disabled", "not_in_channel", "restricted_action", "restricted_action_non_threadable_channel",
        "restricted_action_read_only_channel", "restricted_action_thread_locked", "restricted_action_thread_only_channel",
        "thread_locked", "user_disabled", "user_is_bot", "user_is_restricted", "user_not_found", "user_not_in_channel", "user_not_visible", "users_not_found");

    private static readonly FrozenSet<string> OfPart = FrozenSet.Create(StringComparer.Ordinal,
        "attachment_payload_limit_exceeded", "invalid_arguments", "invalid_blocks", "invalid_blocks_format", "metadata_too_large",
        "msg_blocks_too_long", "msg_too_long", "no_permission", "no_text", "no_users_provided", "slack_connect_blocked_file_type", "too_many_attachments",
        "too_many_contact_cards");

    private static readonly FrozenSet<string> OfSpeed = FrozenSet.Create(StringComparer.Ordinal,
        "message_limit_exceeded", "rate_limited", "ratelimited");

    /// <summary>Slack says of these that something of it may have been carried out.</summary>
    private static readonly FrozenSet<string> OfServer = FrozenSet.Create(StringComparer.Ordinal, "fatal_error", "internal_error");

    private static readonly FrozenSet<string> OfTheMoment = FrozenSet.Create(StringComparer.Ordinal,
        "accesslimited", "request_timeout", "service_unavailable", "team_added_to_org");

    private static readonly FrozenSet<string> OfThread = FrozenSet.Create(StringComparer.Ordinal,
        "cannot_reply_to_message", "message_not_found", "thread_not_found");

    public static bool IsOfBlocks(string? error) =>
        error is "invalid_blocks" or "invalid_blocks_format" or "msg_blocks_too_long" or "invalid_attachments" or "attachment_payload_limit_exceeded" or "block_mismatch";

    public static bool IsOfThread(string? error) => error is not null && OfThread.Contains(error);

    /// <summary>Slack answered, and not with a message.</summary>
    public static DeliveryOutcome OutcomeOf(SlackAnswer answer, OutboundPart part)
    {
        if (answer.Status == HttpStatusCode.TooManyRequests || (answer.Error is { } word && OfSpeed.Contains(word)))
        {
            return Throttled(answer.RetryAfter);
        }
        if (answer.Error is not { } error)
        {
            return (int)answer.Status switch
            {
                >= 200 and < 300 => new DeliveryOutcome.Unknown("unreadable_answer"),
                // A proxy on the way, or Slack's own front with a page in place of JSON.
                >= 500 or (>= 300 and < 400) or 408 => new DeliveryOutcome.Retry(Pauses.After(part), "server_error", Throttled: false),
                _ => new DeliveryOutcome.Failed("refused", FailureScope.Part),
            };
        }
        return OfServer.Contains(error) ? new DeliveryOutcome.Unknown("server_error")
            : OfTheMoment.Contains(error) ? new DeliveryOutcome.Retry(Pauses.After(part), error, Throttled: false)
            : new DeliveryOutcome.Failed(Reason(error), ScopeOf(error));
    }

    public static DeliveryOutcome.Retry Throttled(TimeSpan? retryAfter) =>
        new(retryAfter is { } after && after > TimeSpan.Zero ? after : DefaultRetryAfter, "too_many_requests", Throttled: true);

    /// <summary>The same for a call that is not about a part.</summary>
    public static PlatformException ExceptionOf(SlackAnswer answer) => answer switch
    {
        { Status: HttpStatusCode.TooManyRequests } => new PlatformException("too_many_requests", permanent: false),
        { Error: { } error } when OfSpeed.Contains(error) => new PlatformException("too_many_requests", permanent: false),
        { Error: { } error } => new PlatformException(Reason(error), permanent: !OfServer.Contains(error) && !OfTheMoment.Contains(error)),
        _ => new PlatformException("server_error", permanent: false),
    };

    /// <summary>Whether a refusal concerns the credentials.</summary>
    public static bool IsOfConnection(string reason) => OfConnection.Contains(reason);

    private static FailureScope ScopeOf(string error) =>
        OfConnection.Contains(error) ? FailureScope.Connection : OfChat.Contains(error) ? FailureScope.Chat : FailureScope.Part;

    /// <summary>A word of Slack's list and nothing else: what a proxy or a stand-in writes there might be anything.</summary>
    private static string Reason(string error) =>
        OfConnection.Contains(error) || OfChat.Contains(error) || OfPart.Contains(error) || OfTheMoment.Contains(error) || OfThread.Contains(error) ? error : "refused";
}
