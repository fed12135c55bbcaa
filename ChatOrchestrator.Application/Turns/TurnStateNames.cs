using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Application.Turns;

internal static class TurnStateNames
{
    public static string Of(TurnState state) => state switch
    {
        TurnState.Answered => "answered",
        TurnState.Command => "command",
        TurnState.Silent => "silent",
        TurnState.Cancelled => "cancelled",
        _ => "failed",
    };
}
