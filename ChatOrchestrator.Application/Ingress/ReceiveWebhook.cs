using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Application.Ingress;

/// <summary>What a webhook request is answered with; every value is one status code of the contract.</summary>
public enum WebhookResult
{
    /// <summary>Everything in it is durably stored, or was before.</summary>
    Stored,

    /// <summary>There is no such connection, or it belongs to another platform.</summary>
    UnknownConnection,

    /// <summary>The signature is missing or wrong.</summary>
    Unauthorized,

    /// <summary>The body is not what the platform sends.</summary>
    Malformed,
}

/// <summary>Takes in one webhook request: verified on the raw bytes, read into events, stored. Returns only after the commit.</summary>
public sealed class ReceiveWebhook(IConnectionDirectory connections, Platforms platforms, Inbox inbox)
{
    /// <exception cref="StoreUnavailableException">The store is down: the platform must deliver again.</exception>
    /// <exception cref="OverloadedException">Too much is waiting to be stored.</exception>
    public async Task<WebhookResult> HandleAsync(string platform, ConnectionId id, WebhookRequest request, CancellationToken cancellationToken)
    {
        if (!platforms.TryFind(platform, out var adapter)
            || await connections.FindAsync(id, cancellationToken) is not { } connection
            || connection.Platform != adapter.Platform)
        {
            return WebhookResult.UnknownConnection;
        }
        if (!adapter.Authenticate(connection, request))
        {
            return WebhookResult.Unauthorized;
        }
        IReadOnlyList<InboundEvent> events;
        try
        {
            events = adapter.Read(connection, request.Body);
        }
        catch (MalformedPayloadException)
        {
            return WebhookResult.Malformed;
        }
        await inbox.ReceiveAsync(connection, events, cancellationToken);
        return WebhookResult.Stored;
    }
}
