using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Application.Turns;

internal static class ModelFailureNames
{
    /// <summary>The stable word for the timeline and the dead letter.</summary>
    public static string Of(ModelFailure failure) => failure switch
    {
        ModelFailure.TimedOut => "model_timed_out",
        ModelFailure.RateLimited => "model_rate_limited",
        ModelFailure.ContextTooLong => "model_context_too_long",
        ModelFailure.Rejected => "model_rejected",
        ModelFailure.Unauthorized => "model_unauthorized",
        ModelFailure.Empty => "model_empty_answer",
        ModelFailure.Refused => "model_refused",
        ModelFailure.Malformed => "model_malformed_answer",
        ModelFailure.Incomplete => "model_incomplete_answer",
        _ => "model_unavailable",
    };

    /// <summary>Asking again would not help, or would be paid for once more.</summary>
    public static bool IsFinal(ModelFailure failure) => failure is ModelFailure.Rejected or ModelFailure.Refused or ModelFailure.Empty;
}
