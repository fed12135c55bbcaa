namespace ChatOrchestrator.Application.Ports;

/// <summary>The model did not answer. Holds a reason and no text of the provider's, which may quote the prompt.</summary>
public sealed class ModelException(ModelFailure failure, TimeSpan? retryAfter = null, Exception? inner = null)
    : Exception($"The model did not answer: {failure}.", inner)
{
    public ModelFailure Failure { get; } = failure;

    /// <summary>When the provider asked to try again.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>What the provider counted for it all the same; null: it did not say.</summary>
    public ModelUsage? Usage { get; init; }
}

public enum ModelFailure
{
    /// <summary>Unreachable or 5xx.</summary>
    Unavailable,

    /// <summary>No answer within the bot's limit.</summary>
    TimedOut,

    /// <summary>429.</summary>
    RateLimited,

    /// <summary>The prompt is longer than the model's window.</summary>
    ContextTooLong,

    /// <summary>The provider refuses this request for good: wrong settings, an unknown model.</summary>
    Rejected,

    /// <summary>The key is wrong or was revoked.</summary>
    Unauthorized,

    /// <summary>An answer without text.</summary>
    Empty,

    /// <summary>The model declines to answer, or a filter held its answer back.</summary>
    Refused,

    /// <summary>What came is not JSON, or not an answer.</summary>
    Malformed,

    /// <summary>The answer began, and broke off before its end.</summary>
    Incomplete,
}
