using System.Collections.Concurrent;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Application.Ingress;

/// <summary>
/// Finds the connection that a request is for where a platform sends several accounts' to one address, or through one line.
/// Only to one that the request is authentic for as well: with the secret of one connection nothing can be said to another.
/// </summary>
internal sealed class WebhookRoutes(IConnectionDirectory connections, TimeProvider time)
{
    private const int MaxRoutes = 10_000;

    /// <summary>A connection that is made now gets its account's requests after this at the latest.</summary>
    private static readonly TimeSpan Keep = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<(ConnectionId, string), Route> _routes = new();

    /// <summary>Whose request it is: the connection's that it was sent to, when nobody else's.</summary>
    /// <exception cref="StoreUnavailableException">The store is down and the way is not known.</exception>
    public ValueTask<ConnectionSnapshot> FollowAsync(IPlatformAdapter adapter, ConnectionSnapshot connection, WebhookRequest request, CancellationToken cancellationToken) =>
        adapter is not IRoutesWebhooks platform || platform.AccountOf(connection) is null || platform.AccountOf(request) is not { } account
            ? ValueTask.FromResult(connection)
            : FollowSignedAsync(adapter, platform, connection, account, request, cancellationToken);

    /// <summary>Whose it is that came through a line: only theirs who share it.</summary>
    /// <exception cref="StoreUnavailableException">The store is down and the way is not known.</exception>
    public ValueTask<ConnectionSnapshot> FollowAsync(ISharesListening platform, ConnectionSnapshot connection, string account, CancellationToken cancellationToken)
    {
        var line = platform.LineOf(connection);
        return FollowAsync(platform, connection, account, other => platform.Listens(other) && platform.LineOf(other) == line, cancellationToken);
    }

    private ValueTask<ConnectionSnapshot> FollowSignedAsync(
        IPlatformAdapter adapter, IRoutesWebhooks platform, ConnectionSnapshot connection, string account, WebhookRequest request, CancellationToken cancellationToken) =>
        FollowAsync(platform, connection, account, other => adapter.Authenticate(other, request), cancellationToken);

    private async ValueTask<ConnectionSnapshot> FollowAsync(
        IRoutesWebhooks platform, ConnectionSnapshot connection, string account, Func<ConnectionSnapshot, bool> mayGetIt, CancellationToken cancellationToken)
    {
        if (account == platform.AccountOf(connection))
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
            && platform.AccountOf(other) == account && mayGetIt(other);
    }

    private readonly record struct Route(ConnectionId? To, long FoundAt);
}
