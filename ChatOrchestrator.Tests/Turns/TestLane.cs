using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;

namespace ChatOrchestrator.Tests.Turns;

/// <summary>A lane with one message that waits, as a worker has claimed it.</summary>
internal static class TestLane
{
    public static ClaimedLane Claimed(ConnectionId? connection = null, bool isGroup = false) => new()
    {
        Conversation = new ConversationId(Guid.CreateVersion7()),
        Token = 1,
        Connection = connection ?? new ConnectionId(Guid.CreateVersion7()),
        Chat = new ChatAddress("1"),
        IsGroup = isGroup,
        State = ConversationState.Active,
        ForgottenThrough = 0,
        LastSequence = 1,
        HandledSequence = 0,
        OutboundSequence = 0,
        DeliveredSequence = 0,
        Attempts = 0,
    };
}
