using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Application.Administration;

/// <summary>Where platforms and people reach this deployment.</summary>
/// <param name="Url"><c>PublicUrl</c>, or null when it is not configured.</param>
public sealed record PublicAddress(Uri? Url)
{
    /// <summary>The connection's webhook, below <paramref name="root"/> (where the caller reached us) when no address is configured.</summary>
    public Uri Webhook(PlatformName platform, ConnectionId id, Uri root) => Below(Url ?? root, $"webhooks/{platform}/{id}");

    public Uri Page(ConnectionId id, Uri root) => Below(Url ?? root, $"webchat/{id}");

    private static Uri Below(Uri root, string path) => new(root.AbsoluteUri.TrimEnd('/') + "/" + path);
}
