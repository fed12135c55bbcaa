namespace ChatOrchestrator.Application.Ports;

/// <summary>A model's failure as a stable word, for metrics.</summary>
public static class ModelFailureNames
{
    public static string Of(ModelFailure failure) => failure switch
    {
        ModelFailure.TimedOut => "timed_out",
        ModelFailure.RateLimited => "rate_limited",
        ModelFailure.ContextTooLong => "context_too_long",
        ModelFailure.Rejected => "rejected",
        ModelFailure.Unauthorized => "unauthorized",
        ModelFailure.Empty => "empty_answer",
        ModelFailure.Refused => "refused",
        ModelFailure.Malformed => "malformed_answer",
        ModelFailure.Incomplete => "incomplete_answer",
        _ => "unavailable",
    };
}
