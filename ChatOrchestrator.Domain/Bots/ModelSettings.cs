namespace ChatOrchestrator.Domain.Bots;

/// <summary>How a bot deals with a model that does not answer, answers too much, or has answered the same before.</summary>
public sealed record ModelSettings
{
    /// <summary>An answer that is longer is cut, unless a bot says otherwise: some ten messages on most platforms.</summary>
    public const int DefaultMaxAnswerCharacters = 40_000;

    public const string DefaultRefusal = "Sorry, I cannot help with that.";

    /// <summary>Models that answer in place of <c>ai.model</c> when it does not, in this order, at most 4; null: as the deployment says (<c>Ai:Models:{name}:Fallbacks</c>).</summary>
    public IReadOnlyList<string>? Fallbacks { get; init; }

    /// <summary>How long a streamed answer may take to begin, in seconds, 1 to 600; null: as the deployment says.</summary>
    public int? FirstTokenTimeoutSeconds { get; init; }

    /// <summary>For how long an answer to exactly the same prompt is given again, in seconds, 0 to 86,400; 0: each prompt is asked.</summary>
    public int CacheSeconds { get; init; }

    /// <summary>The longest answer in characters, 100 to 1,000,000; what is longer is cut, and the participant is told.</summary>
    public int MaxAnswerCharacters { get; init; } = DefaultMaxAnswerCharacters;

    /// <summary>What the participant reads when the model declines to answer.</summary>
    public string Refusal { get; init; } = DefaultRefusal;

    /// <exception cref="DomainException">A value lies outside its limits.</exception>
    public void Validate()
    {
        if (Fallbacks is { } fallbacks && (fallbacks.Count > 4 || fallbacks.Any(f => f is not { Length: >= 1 and <= 200 })))
        {
            throw new DomainException("processing.models.fallbacks", "processing.models.fallbacks lists at most 4 models of 1 to 200 characters.");
        }
        Require.Range("processing.models.firstTokenTimeoutSeconds", FirstTokenTimeoutSeconds, 1, 600);
        Require.Range("processing.models.cacheSeconds", CacheSeconds, 0, 86_400);
        Require.Range("processing.models.maxAnswerCharacters", MaxAnswerCharacters, 100, 1_000_000);
        Require.Length("processing.models.refusal", Refusal, 1, 1_000);
    }
}
