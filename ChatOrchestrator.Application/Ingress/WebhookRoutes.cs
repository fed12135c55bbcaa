using System.Collections.Concurrent;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Application.Ingress;

/// <summary>
/// Finds the connection that a request is for where a platform sends several accounts' to one address. Only to one that the
/// request is authentic for as well: with the secret of one connection nothing can be said to another.
/// </summary>
internal sealed class WebhookRoutes(IConnectionDirectory connections, TimeProvider time)
{
    private const int MaxRoutes = 10_000;

    /// <summary>A connection that is made now gets its account's requests after this at the latest.</summary>
    private static readonly TimeSpan Keep = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<(ConnectionId, string), Route> _routes = new();

    /// <summary>Whose request it is: the connection's that it was sent to, when nobody else's.</summary>
    /// <exception cref="StoreUnavailableException">The store is down and the way is not known.</exception>
    public async ValueTask<ConnectionSnapshot> FollowAsync(IPlatformAdapter adapter, ConnectionSnapshot connection, WebhookRequest request, CancellationToken cancellationToken)
    {
        if (adapter is not IRoutesWebhooks platform || platform.AccountOf(connection) is not { } own || platform.AccountOf(request) is not { } account || account == own)
        {
            return connection;
        }
        var key = (connection.Id, account);
        if (!_routes.TryGetValue(key, out var route) || time.GetElapsedTime(route.FoundAt) > Keep)
        {
            var all = await connections.ListAsync(connection.Platform, cancellationToken);
            route = new Route(all.FirstOrDefault(IsItsOwn)?.Id, time.GetTimestamp());
            if (_routes.Count >= MaxRoutes)
            {
                _routes.Clear();
            }
            _routes[key] = route;
        }
        return route.To is { } id && await connections.FindAsync(id, cancellationToken) is { } found && IsItsOwn(found) ? found : connection;

        bool IsItsOwn(ConnectionSnapshot other) =>
            other.Id != connection.Id && other.DisabledReason is null && other.Platform == connection.Platform
            && platform.AccountOf(other) == account && adapter.Authenticate(other, request);
    }

    private readonly record struct Route(ConnectionId? To, long FoundAt);
}
