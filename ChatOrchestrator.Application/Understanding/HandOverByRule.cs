using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Application.Understanding;

/// <summary>Hands a conversation to the operators because of what a message says, and tells the participant if the bot wants that.</summary>
internal sealed partial class HandOverByRule(
    SteerConversation steer, IConversationStore conversations, Platforms platforms, Doorbell doorbell, TimeProvider time, ILogger<HandOverByRule> logger)
{
    /// <returns>False: the bot does not answer there any more.</returns>
    public async Task<bool> HandleAsync(ConnectionSnapshot connection, ConversationId conversation, string reason, string? notice, CancellationToken cancellationToken)
    {
        if (!await steer.RequestHandOffAsync(conversation, reason, cancellationToken))
        {
            return false;
        }
        HandedOver(conversation, reason);
        if (!string.IsNullOrWhiteSpace(notice) && platforms.TryFind(connection.Platform.Value, out var platform) && platform.Split(notice) is { Count: > 0 } parts)
        {
            var message = Message.ByAgent(conversation, connection.Id, connection.Bot.Name, notice, time.GetUtcNow());
            await conversations.AddMessageAsync(message, parts, suggestion: null, audit: null, cancellationToken);
            doorbell.Ring(0);
        }
        return true;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Conversation {ConversationId} is handed over by a rule ({Reason})")]
    private partial void HandedOver(ConversationId conversationId, string reason);
}
