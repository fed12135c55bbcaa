namespace ChatOrchestrator.Application.Ports;

/// <summary>Judges texts by categories such as violence: OpenAI's moderations endpoint, or a compatible one.</summary>
public interface IScoresTexts
{
    /// <summary>False: there is no endpoint to ask.</summary>
    bool IsConfigured { get; }

    /// <param name="attempts">How often it is tried at most.</param>
    /// <returns>For each category the worst that any part of the text has.</returns>
    /// <exception cref="ScoringException">The text could not be judged.</exception>
    Task<IReadOnlyList<CategoryScore>> ScoreAsync(string text, int attempts, CancellationToken cancellationToken);
}

/// <param name="Score">0 to 1.</param>
/// <param name="IsFlagged">The endpoint's own judgement.</param>
public readonly record struct CategoryScore(string Category, double Score, bool IsFlagged);

/// <summary>A text could not be judged. The message is a stable word.</summary>
public sealed class ScoringException(string reason, Exception? inner = null) : Exception(reason, inner);
