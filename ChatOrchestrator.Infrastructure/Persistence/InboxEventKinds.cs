using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Infrastructure.Persistence;

/// <summary>The stable words under which events are stored.</summary>
internal static class InboxEventKinds
{
    public static (string Kind, string? Subject) Describe(InboundEvent entry) => entry switch
    {
        InboundEdit e => ("edit", e.EditedPlatformId),
        ChatMigrated e => ("migrated", e.FromChatId),
        ParticipantBlocked e => (e.Blocked ? "blocked" : "unblocked", e.UserId),
        DeliveryReceipt e => ("receipt", e.PartPlatformId),
        IgnoredEvent e => ("ignored", e.Type),
        _ => ("ignored", entry.GetType().Name),
    };
}
