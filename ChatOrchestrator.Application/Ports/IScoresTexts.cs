namespace ChatOrchestrator.Application.Ports;

/// <summary>Judges texts and pictures by categories such as violence: OpenAI's moderations endpoint, or a compatible one.</summary>
public interface IScoresTexts
{
    /// <summary>False: there is no endpoint to ask.</summary>
    bool IsConfigured { get; }

    /// <summary>The model's name in the price table.</summary>
    string Model { get; }

    /// <param name="attempts">How often it is tried at most.</param>
    /// <returns>For each category the worst that any part of the text has.</returns>
    /// <exception cref="ScoringException">The text could not be judged.</exception>
    Task<IReadOnlyList<CategoryScore>> ScoreAsync(string text, int attempts, CancellationToken cancellationToken);

    /// <param name="address">Of the picture: an https address that the endpoint reads, or a <c>data:</c> address that holds it.</param>
    /// <param name="attempts">How often it is tried at most.</param>
    /// <exception cref="ScoringException">The picture could not be judged; <c>refused</c> by a model that knows texts only, or cannot read the address.</exception>
    Task<IReadOnlyList<CategoryScore>> ScoreImageAsync(string address, int attempts, CancellationToken cancellationToken);
}

/// <param name="Score">0 to 1.</param>
/// <param name="IsFlagged">The endpoint's own judgement.</param>
public readonly record struct CategoryScore(string Category, double Score, bool IsFlagged);

/// <summary>It could not be judged. The message is a stable word.</summary>
public sealed class ScoringException(string reason, Exception? inner = null) : Exception(reason, inner);
