using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Infrastructure.Platforms;

/// <summary>A platform did not answer a call. Holds a stable word and nothing of the request, whose address may have credentials in it.</summary>
internal sealed class PlatformCallException : Exception
{
    private PlatformCallException(string reason, bool mayHaveArrived)
        : base(reason) => MayHaveArrived = mayHaveArrived;

    /// <summary>The request was sent, or part of it: the platform may have carried it out.</summary>
    public bool MayHaveArrived { get; }

    /// <summary>What that means for a part.</summary>
    public DeliveryOutcome OutcomeFor(OutboundPart part) =>
        MayHaveArrived ? new DeliveryOutcome.Unknown(Message) : new DeliveryOutcome.Retry(Pauses.After(part), Message, Throttled: false);

    public static PlatformCallException Of(Exception e, TimeSpan elapsed) => e switch
    {
        HttpRequestException
        {
            HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError
                or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError
        } => new("unreachable", mayHaveArrived: false),
        // A time limit that ran out before the call's own was that of connecting.
        OperationCanceledException when elapsed < PlatformHttp.CallTimeout - TimeSpan.FromSeconds(1) => new("unreachable", mayHaveArrived: false),
        OperationCanceledException => new("timeout", mayHaveArrived: true),
        _ => new("connection_broken", mayHaveArrived: true),
    };
}

/// <summary>How long to wait before a part is tried again.</summary>
internal static class Pauses
{
    private const double LongestSeconds = 60;

    /// <summary>Twice as long after every attempt, from one second to a minute, and up to a quarter longer, so that parts do not all come back at once.</summary>
    public static TimeSpan After(OutboundPart part)
    {
        var pause = TimeSpan.FromSeconds(Math.Min(1 << Math.Clamp(part.Attempt, 0, 6), LongestSeconds));
        return pause + (pause * ((part.MessageId.GetHashCode() & 0xFF) / 1024.0));
    }
}
