using ChatOrchestrator.Domain.Conversations;

namespace ChatOrchestrator.Application.Ports;

/// <summary>A platform that shows its users who answers them.</summary>
public interface IShowsConversationState
{
    /// <summary>Shows the state; may be lost without harm.</summary>
    void ShowState(ConnectionSnapshot connection, ChatAddress chat, ConversationState state);
}
