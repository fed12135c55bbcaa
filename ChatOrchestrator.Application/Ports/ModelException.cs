namespace ChatOrchestrator.Application.Ports;

/// <summary>The model did not answer. Holds a reason and no text of the provider's, which may quote the prompt.</summary>
public sealed class ModelException(ModelFailure failure, TimeSpan? retryAfter = null, Exception? inner = null)
    : Exception($"The model did not answer: {failure}.", inner)
{
    public ModelFailure Failure { get; } = failure;

    /// <summary>When the provider asked to try again.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;
}

public enum ModelFailure
{
    /// <summary>Unreachable, 5xx, or the stream broke.</summary>
    Unavailable,

    /// <summary>No answer within the bot's limit.</summary>
    TimedOut,

    /// <summary>429.</summary>
    RateLimited,

    /// <summary>The prompt is longer than the model's window.</summary>
    ContextTooLong,

    /// <summary>The provider refuses this request for good.</summary>
    Rejected,

    /// <summary>The key is wrong or was revoked.</summary>
    Unauthorized,

    /// <summary>An answer without text.</summary>
    Empty,
}
