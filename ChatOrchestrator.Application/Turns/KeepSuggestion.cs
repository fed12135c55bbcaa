using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Application.Turns;

/// <summary>Keeps the answer that an operator's takeover overtook, for the operator.</summary>
internal sealed partial class KeepSuggestion(ISuggestionStore suggestions, TimeProvider time, ILogger<KeepSuggestion> logger)
{
    /// <summary>For a turn whose commit was refused. Whether an operator was the reason is for the store to say; another worker needs no suggestion.</summary>
    public async Task KeepAsync(ClaimedLane lane, TurnCommit turn, CancellationToken cancellationToken)
    {
        if (turn.State != TurnState.Answered || turn.Answer is not { } answer)
        {
            return;
        }
        var suggestion = new Suggestion(lane.Conversation, turn.TurnId, turn.ThroughSequence, answer, time.GetUtcNow());
        if (await suggestions.KeepAsync(suggestion, cancellationToken))
        {
            Kept(lane.Conversation);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The answer that was being made in {ConversationId} is kept as a suggestion: an operator took over")]
    private partial void Kept(ConversationId conversationId);
}
