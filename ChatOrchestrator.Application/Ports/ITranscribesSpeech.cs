namespace ChatOrchestrator.Application.Ports;

/// <summary>Turns speech into text.</summary>
public interface ITranscribesSpeech
{
    /// <summary>Whether a transcription model is configured.</summary>
    bool IsConfigured { get; }

    /// <summary>The model's name in the price table; null: none is configured.</summary>
    string? Model { get; }

    /// <param name="media">The recording.</param>
    /// <param name="fileName">Its name, where it has one: its ending tells the model the format.</param>
    /// <exception cref="ModelException">The model did not answer.</exception>
    Task<Transcript> TranscribeAsync(Media media, string? fileName, CancellationToken cancellationToken);
}

/// <summary>A recording in words.</summary>
/// <param name="Text">What was said; empty when nothing was.</param>
/// <param name="Usage">The tokens, where the provider counts them.</param>
/// <param name="Length">How much speech the provider counted, where it counts that.</param>
public sealed record Transcript(string Text, ModelUsage? Usage = null, TimeSpan? Length = null);
