using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Application.Ingress;

/// <summary>The lease of whoever listens to a platform: for a connection, or for all that share a line.</summary>
public static class ListenerLease
{
    public static string NameOf(IPlatformAdapter platform, ConnectionSnapshot connection) =>
        platform is ISharesListening shared && shared.Listens(connection) ? $"listen:{connection.Platform}:{shared.LineOf(connection)}" : $"listen:{connection.Id}";
}
