using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>Changes that nobody in particular makes.</summary>
internal static class Unaudited
{
    public static Task<Conversation?> ChangeStateAsync(
        this IConversationStore store, ConversationId id, Action<Conversation> change, string? silence, CancellationToken cancellationToken) =>
        store.ChangeStateAsync(id, conversation => Do(change, conversation), silence, cancellationToken);

    public static Task<PlatformConnection?> ChangeAsync(
        this IConnectionStore store, ConnectionId id, Action<PlatformConnection> change, CancellationToken cancellationToken) =>
        store.ChangeAsync(id, connection => Do(change, connection), cancellationToken);

    public static AuditEntry Entry => AuditEntry.Of(new Actor("test"), "test.done", "test", Guid.CreateVersion7(), TimeProvider.System.GetUtcNow());

    private static AuditEntry? Do<T>(Action<T> change, T subject)
    {
        change(subject);
        return null;
    }
}
