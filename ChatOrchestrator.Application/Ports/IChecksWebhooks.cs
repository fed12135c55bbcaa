namespace ChatOrchestrator.Application.Ports;

/// <summary>A platform that can be asked where it sends a connection's webhooks.</summary>
public interface IChecksWebhooks
{
    /// <exception cref="PlatformException">The platform refuses, or cannot be reached now.</exception>
    Task<WebhookCheck> CheckWebhookAsync(ConnectionSnapshot connection, Uri expected, CancellationToken cancellationToken);
}

/// <summary>Where a platform sends a connection's webhooks.</summary>
/// <param name="State">Whether that is here.</param>
/// <param name="Waiting">How many it has not delivered yet, where it says so.</param>
/// <param name="LastErrorAt">When a delivery failed last, where it says so.</param>
/// <param name="LastError">What it says of that.</param>
public sealed record WebhookCheck(WebhookState State, int? Waiting = null, DateTimeOffset? LastErrorAt = null, string? LastError = null);

/// <summary>Whether a platform sends its webhooks here.</summary>
public enum WebhookState
{
    /// <summary>The platform needs none, or is listened to instead.</summary>
    NotUsed = 0,

    /// <summary>They come here.</summary>
    Registered = 1,

    /// <summary>They go to another address.</summary>
    Elsewhere = 2,

    /// <summary>They go nowhere.</summary>
    Missing = 3,

    /// <summary>The platform does not tell, or cannot be asked now.</summary>
    Unknown = 4,
}
