using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Application.Ingress;

/// <summary>The lease of whoever listens to a platform for a connection.</summary>
public static class ListenerLease
{
    public static string NameOf(ConnectionId id) => $"listen:{id}";
}
