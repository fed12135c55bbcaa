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

/// <summary>What a webhook request is answered with.</summary>
/// <param name="Reply">The body, where the platform wants one.</param>
public readonly record struct WebhookAnswer(WebhookResult Result, WebhookReply? Reply = null);

/// <summary>Takes in one webhook request: verified on the raw bytes, read into events, stored. Returns only after the commit.</summary>
public sealed class ReceiveWebhook(IConnectionDirectory connections, Platforms platforms, Inbox inbox, TimeProvider time)
{
    private readonly WebhookRoutes _routes = new(connections, time);
    private readonly ForgetUser _forget = new(connections, inbox);

    /// <exception cref="StoreUnavailableException">The store is down: the platform must deliver again.</exception>
    /// <exception cref="OverloadedException">Too much is waiting to be stored.</exception>
    /// <exception cref="PlatformException">Somebody is to be forgotten, and the platform cannot be asked now who that is.</exception>
    public async Task<WebhookAnswer> HandleAsync(string platform, ConnectionId id, WebhookRequest request, CancellationToken cancellationToken)
    {
        if (await FindAsync(platform, id, cancellationToken) is not var (adapter, connection))
        {
            return new WebhookAnswer(WebhookResult.UnknownConnection);
        }
        if (!adapter.Authenticate(connection, request))
        {
            return new WebhookAnswer(WebhookResult.Unauthorized);
        }
        connection = await _routes.FollowAsync(adapter, connection, request, cancellationToken);
        IReadOnlyList<InboundEvent> events;
        try
        {
            events = adapter.Read(connection, request.Body);
        }
        catch (MalformedPayloadException)
        {
            return new WebhookAnswer(WebhookResult.Malformed);
        }
        if (adapter is IMatchesUsers matches && events is [ErasureRequested erasure])
        {
            await _forget.HandleAsync(adapter, matches, connection, erasure, request, cancellationToken);
        }
        else
        {
            await inbox.ReceiveAsync(connection, events, cancellationToken);
        }
        return new WebhookAnswer(WebhookResult.Stored, (adapter as IRepliesToWebhooks)?.Reply(connection, request));
    }

    /// <summary>Answers a platform that checks the address before it uses it.</summary>
    /// <exception cref="StoreUnavailableException">The store is down.</exception>
    public async Task<WebhookAnswer> VerifyAsync(string platform, ConnectionId id, Func<string, string?> query, CancellationToken cancellationToken)
    {
        if (await FindAsync(platform, id, cancellationToken) is not var (adapter, connection) || adapter is not IVerifiesWebhooks verifies)
        {
            return new WebhookAnswer(WebhookResult.UnknownConnection);
        }
        return verifies.Verify(connection, query) is { } challenge
            ? new WebhookAnswer(WebhookResult.Stored, new WebhookReply("text/plain", challenge))
            : new WebhookAnswer(WebhookResult.Unauthorized);
    }

    private async ValueTask<(IPlatformAdapter Adapter, ConnectionSnapshot Connection)?> FindAsync(string platform, ConnectionId id, CancellationToken cancellationToken) =>
        platforms.TryFind(platform, out var adapter)
            && await connections.FindAsync(id, cancellationToken) is { } connection
            && connection.Platform == adapter.Platform
            ? (adapter, connection)
            : null;
}
