using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Application.Ingress;

/// <summary>
/// Somebody asks, through the platform, to be forgotten: at every connection that the request is authentic for (an app's
/// pages share its secret), under every id that they have there. All ids are asked for before anything is erased, so that a
/// platform that cannot be asked leaves nothing half done: the request can be made again.
/// </summary>
internal sealed class ForgetUser(IConnectionDirectory connections, Inbox inbox)
{
    /// <summary>On the receipt: how many ids the platform gave for the one that it named.</summary>
    public const string Matched = "matchedIds";

    /// <summary>On the receipt: the platform gave none, because it was not or could not be asked.</summary>
    public const string Unmatched = "unmatchedIds";

    /// <exception cref="PlatformException">The platform cannot be asked now.</exception>
    /// <exception cref="StoreUnavailableException">The store is down.</exception>
    public async Task HandleAsync(IPlatformAdapter adapter, IMatchesUsers platform, ConnectionSnapshot connection, ErasureRequested request, WebhookRequest raw, CancellationToken cancellationToken)
    {
        var others = await connections.ListAsync(connection.Platform, cancellationToken);
        var erasures = new List<(ConnectionSnapshot Connection, IReadOnlyList<InboundEvent> Events)>();
        foreach (var one in others.Where(c => c.Id != connection.Id && adapter.Authenticate(c, raw)).Prepend(connection))
        {
            erasures.Add((one, Events(request, await platform.MatchAsync(one, request.UserId, cancellationToken))));
        }
        foreach (var (one, events) in erasures)
        {
            await inbox.ReceiveAsync(one, events, cancellationToken);
        }
    }

    /// <summary>The id as it came and those it stands for. Their numbers name the events, for the ids themselves are to be forgotten; sorted, so that the same request gives the same events.</summary>
    private static IReadOnlyList<InboundEvent> Events(ErasureRequested request, IReadOnlyList<string>? ids) =>
    [
        request with { Counts = new Dictionary<string, int> { [ids is null ? Unmatched : Matched] = ids?.Count ?? 1 } },
        .. (ids ?? []).Order(StringComparer.Ordinal).Select((id, i) => new ErasureRequested { PlatformId = $"{request.PlatformId}:{i}", UserId = id }),
    ];
}
