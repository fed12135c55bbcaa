namespace ChatOrchestrator.Application.Ports;

/// <summary>Turns speech into text.</summary>
public interface ITranscribesSpeech
{
    /// <summary>Whether a transcription model is configured.</summary>
    bool IsConfigured { get; }

    /// <param name="media">The recording.</param>
    /// <param name="fileName">Its name, where it has one: its ending tells the model the format.</param>
    /// <returns>What was said; empty when nothing was.</returns>
    /// <exception cref="ModelException">The model did not answer.</exception>
    Task<string> TranscribeAsync(Media media, string? fileName, CancellationToken cancellationToken);
}
