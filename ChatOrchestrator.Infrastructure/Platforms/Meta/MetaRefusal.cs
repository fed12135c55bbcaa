using System.Net;
using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Infrastructure.Platforms.Meta;

/// <summary>
/// What an error means for a part: by the tables of
/// <see href="https://developers.facebook.com/docs/messenger-platform/error-codes">Messenger</see> and
/// <see href="https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes">WhatsApp</see>. Codes do not mean
/// two things in the two products, so that one table serves both; reasons are words of our own.
/// </summary>
internal static class MetaRefusal
{
    public const string WindowClosed = "window_closed";

    /// <summary>WhatsApp takes one message per six seconds from one number to another, bursts apart.</summary>
    private static readonly TimeSpan PairPause = TimeSpan.FromSeconds(6);

    private static readonly TimeSpan UsualPause = TimeSpan.FromSeconds(5);

    /// <summary>Limits that are counted over minutes and hours.</summary>
    private static readonly TimeSpan LongPause = TimeSpan.FromMinutes(1);

    /// <summary>The platform answered, and not with success.</summary>
    public static DeliveryOutcome OutcomeOf(PlatformAnswer answer, OutboundPart part)
    {
        if (GraphError.TryRead(answer.Body) is not { } error)
        {
            return answer.Status switch
            {
                HttpStatusCode.TooManyRequests => Throttled(answer.RetryAfter ?? UsualPause),
                HttpStatusCode.Unauthorized => new DeliveryOutcome.Failed("unauthorized", FailureScope.Connection),
                >= HttpStatusCode.InternalServerError or HttpStatusCode.RequestTimeout => Later("server_error", part),
                _ => new DeliveryOutcome.Failed("bad_request", FailureScope.Part),
            };
        }
        if (PauseOf(error.Code) is { } pause)
        {
            return Throttled(answer.RetryAfter ?? pause);
        }
        if (Find(error.Code, error.Subcode) is var (reason, scope))
        {
            return new DeliveryOutcome.Failed(reason, scope);
        }
        return answer.Status == HttpStatusCode.TooManyRequests ? Throttled(answer.RetryAfter ?? UsualPause)
            : error.IsTransient || error.Code is 1 or 2 or 1200 or 131000 or 131016 or 131057 or 133004 || (int)answer.Status >= 500 ? Later("server_error", part)
            : error.Code is 3 or 10 or (>= 200 and < 300) && error.Subcode == 0 ? new DeliveryOutcome.Failed("permission_missing", FailureScope.Connection)
            : error.Code is >= 132000 and < 133000 ? new DeliveryOutcome.Failed("template_refused", FailureScope.Part)
            : new DeliveryOutcome.Failed("bad_request", FailureScope.Part);
    }

    /// <summary>Why a message that was accepted came to nothing, as a status says later.</summary>
    public static string ReasonOf(int code) =>
        Find(code, 0)?.Reason
        ?? (PauseOf(code) is not null ? "too_many_requests"
            : code is >= 132000 and < 133000 ? "template_refused"
            : code is 1 or 2 or 131000 or 131016 ? "server_error"
            : FormattableString.Invariant($"error_{code}"));

    /// <summary>For calls that concern a connection and no part.</summary>
    public static PlatformException ExceptionOf(PlatformAnswer answer)
    {
        var error = GraphError.TryRead(answer.Body);
        if (error is { } known && PauseOf(known.Code) is null && Find(known.Code, known.Subcode) is var (reason, _))
        {
            return new PlatformException(reason, permanent: true);
        }
        return answer.Status == HttpStatusCode.Unauthorized ? new PlatformException("unauthorized", permanent: true)
            : error is { Code: 3 or 10 or (>= 200 and < 300) } ? new PlatformException("permission_missing", permanent: true)
            : error is { Code: 100 } ? new PlatformException("bad_request", permanent: true)
            : new PlatformException("unreachable", permanent: false);
    }

    private static DeliveryOutcome.Retry Throttled(TimeSpan after) => new(after, "too_many_requests", Throttled: true);

    private static DeliveryOutcome.Retry Later(string reason, OutboundPart part) => new(Pauses.After(part), reason, Throttled: false);

    private static TimeSpan? PauseOf(int code) => code switch
    {
        131056 => PairPause,
        613 or 130429 => UsualPause,
        4 or 17 or 32 or 80006 or 80007 => LongPause,
        _ => null,
    };

    private static (string Reason, FailureScope Scope)? Find(int code, int subcode) => (code, subcode) switch
    {
        (0 or 102 or 190 or 463 or 467, _) => ("unauthorized", FailureScope.Connection),
        (368, _) => ("policy_blocked", FailureScope.Connection),

        // Messenger.
        (10, 2018278 or 2018065 or 2534022) => (WindowClosed, FailureScope.Part),
        (10 or 200, 2018028) => ("not_reviewed", FailureScope.Part),
        (10 or 200, 2018108 or 1545041) or (551, _) => ("blocked", FailureScope.Chat),
        (100, 2018001) => ("chat_not_found", FailureScope.Chat),
        (100, 2018047 or 2018008 or 2018007 or 2018320) or (2018047 or 2018008, _) => (MediaRefused, FailureScope.Part),
        (10303 or 2018002, _) => ("chat_not_found", FailureScope.Chat),

        // WhatsApp.
        (33, _) or (100, 33) => ("unknown_phone_number", FailureScope.Connection),
        (131005, _) => ("permission_missing", FailureScope.Connection),
        (131031, _) => ("account_locked", FailureScope.Connection),
        (131045 or 133010 or 133015, _) => ("phone_not_registered", FailureScope.Connection),
        (131021, _) => ("own_number", FailureScope.Chat),
        (131026, _) => ("undeliverable", FailureScope.Chat),
        (131030, _) => ("not_in_allowed_list", FailureScope.Chat),
        (130497, _) => ("country_restricted", FailureScope.Chat),
        (470 or 131047, _) => (WindowClosed, FailureScope.Part),
        (131048, _) => ("spam_limited", FailureScope.Part),
        (131049, _) => ("engagement_limited", FailureScope.Part),
        (130472, _) => ("in_experiment", FailureScope.Part),
        (131050, _) => ("opted_out", FailureScope.Part),
        (131042, _) => ("payment_required", FailureScope.Part),
        (131051, _) => ("type_not_supported", FailureScope.Part),
        (131052 or 131053, _) => (MediaRefused, FailureScope.Part),
        (131008 or 131009, _) => ("bad_request", FailureScope.Part),
        (131062, _) => ("phone_number_needed", FailureScope.Part),
        (132001, _) => ("template_not_found", FailureScope.Part),
        (132015 or 132016, _) => ("template_paused", FailureScope.Part),
        _ => null,
    };

    /// <summary>The platform could not take the file: it goes out as a link.</summary>
    public const string MediaRefused = "media_refused";
}
