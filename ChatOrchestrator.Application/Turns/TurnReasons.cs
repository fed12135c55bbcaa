using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Application.Turns;

/// <summary>The stable words for why a turn failed: in the timeline, the dead letter and the metrics.</summary>
internal static class TurnReasons
{
    public static string Of(Exception? e) => e switch
    {
        MediaException => "media_unreachable",
        ScoringException => e.Message,
        ModelException failed => Of(failed.Failure),
        _ => "internal_error",
    };

    public static string Of(ModelFailure failure) => "model_" + ModelFailureNames.Of(failure);

    /// <summary>Asking again would not help, or would be paid for once more.</summary>
    public static bool IsFinal(Exception e) => e is ModelException { Failure: ModelFailure.Rejected or ModelFailure.Refused or ModelFailure.Empty };
}
