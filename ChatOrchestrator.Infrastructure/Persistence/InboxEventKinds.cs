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
        InboundDeletion e => ("deletion", e.DeletedPlatformId),
        InboundReaction e => (e.Removed ? "reaction_removed" : "reaction", e.ReactedPlatformId),
        MembershipChanged e => (e.Joined ? "joined" : "left", e.UserId),
        // Without the user: this row is what remains.
        ErasureRequested => ("erasure", null),
        DeliveryWatermark e => ("watermark", e.Chat.ChatId),
        DeliveryReceipt e => ("receipt", e.PartPlatformId),
        IgnoredEvent e => ("ignored", e.Type),
        _ => ("ignored", entry.GetType().Name),
    };
}
