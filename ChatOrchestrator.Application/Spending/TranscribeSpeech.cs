using System.Globalization;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Turns;

namespace ChatOrchestrator.Application.Spending;

/// <summary>What became of a recording.</summary>
/// <param name="Detail">For the timeline: how long it is and what it cost, where that is known.</param>
/// <param name="Withheld">A limit is reached, and the recording was not transcribed.</param>
internal readonly record struct TranscribedSpeech(string Text, string? Detail, BudgetRefusal? Withheld = null);

/// <summary>
/// Puts a recording into words, and charges it by the price table: by tokens where the provider counts them, by the minute,
/// by the request.
/// </summary>
internal sealed class TranscribeSpeech(ITranscribesSpeech speech, IModelCatalog catalog, ReserveBudget reserve, ChargeCall charge)
{
    /// <summary>What is set aside for a second of speech where tokens are paid for, in each direction.</summary>
    private const int TokensPerSecond = 16;

    public bool IsConfigured => speech.IsConfigured;

    /// <exception cref="ModelException">The transcription failed.</exception>
    public async Task<TranscribedSpeech> HandleAsync(HeldLane held, ConnectionSnapshot connection, Guid? participant, Media media, string? fileName)
    {
        var name = speech.Model ?? "";
        var (perToken, perCall) = (catalog.PriceOf(name), catalog.CallPriceOf(name));
        var length = RecordingLength.Of(media);
        var expected = perToken is null ? default : new ModelUsage((long)Math.Ceiling(length.TotalSeconds * TokensPerSecond), 0, (long)Math.Ceiling(length.TotalSeconds * TokensPerSecond));
        var (call, withheld) = await reserve.ForSpeechAsync(held, connection, participant, NanosOf(expected, length) ?? 0, expected.Total, held.Generation);
        if (withheld is not null)
        {
            return new TranscribedSpeech("", null, withheld);
        }
        Transcript? said = null;
        long? nanos = null;
        try
        {
            said = await speech.TranscribeAsync(media, fileName, held.Generation);
            length = said.Length ?? length;
            nanos = NanosOf(said.Usage, length);
        }
        finally
        {
            await charge.CloseAsync(call, connection, new CallSubject(CallPurposes.Transcription, held.Lane.Conversation, null), name, said?.Usage ?? default, nanos);
        }
        return new TranscribedSpeech(said.Text, nanos is null ? null : Detail(length, nanos.Value));

        long? NanosOf(ModelUsage? usage, TimeSpan spoken) => perToken is null && perCall is null
            ? null
            : (perCall?.NanosOf(1, perToken is null || usage is null ? spoken : default) ?? 0) + (usage is { } used ? perToken?.NanosOf(used) ?? 0 : 0);
    }

    private string Detail(TimeSpan length, long nanos) =>
        string.Create(CultureInfo.InvariantCulture, $"{length.TotalSeconds:0.#} s, {(decimal)nanos / ModelPrice.NanosPerUnit:0.#########} {catalog.Currency}");
}
