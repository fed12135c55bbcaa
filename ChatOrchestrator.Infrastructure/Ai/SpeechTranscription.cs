using System.Net.Http.Headers;
using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Infrastructure.Ai;

/// <summary>Speech to text by the <see href="https://platform.openai.com/docs/api-reference/audio/createTranscription">audio endpoint</see> of the configured API.</summary>
internal sealed class SpeechTranscription(OpenAIEndpoints endpoints, IOptions<AiOptions> options) : ITranscribesSpeech
{
    private readonly (OpenAIProvider Provider, string Name)? _api = options.Value is { IsDemo: false, TranscriptionModel: { } model } ? endpoints.Find(model) : null;

    public bool IsConfigured => _api is not null;

    public string? Model => options.Value.TranscriptionModel;

    public async Task<Transcript> TranscribeAsync(Media media, string? fileName, CancellationToken cancellationToken)
    {
        if (_api is not var (provider, name))
        {
            throw new ModelException(ModelFailure.Rejected);
        }
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.Value.Timeout);
        try
        {
            using var audio = new ReadOnlyMemoryContent(media.Bytes);
            audio.Headers.ContentDisposition = new ContentDispositionHeaderValue("form-data") { Name = "file", FileName = Name(media, fileName) };
            using var form = new MultipartFormDataContent { audio, { new StringContent(name), "model" } };
            using var response = await provider.PostAsync(name, "audio/transcriptions", form, limit.Token);
            return Read(await OpenAIProvider.ReadAsync(response, limit.Token));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ModelException(ModelFailure.TimedOut);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException)
        {
            throw ModelFailures.Map(e);
        }
    }

    /// <summary>
    /// <c>usage</c> holds tokens, or the seconds that are paid for, by the
    /// <see href="https://platform.openai.com/docs/api-reference/audio/json-object">model</see>; many compatible servers leave it out.
    /// </summary>
    private static Transcript Read(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body);
        var answer = document.RootElement;
        if (answer.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException("No transcript.");
        }
        var text = answer.TryGetProperty("text", out var said) && said.ValueKind == JsonValueKind.String ? said.GetString()! : "";
        TimeSpan? duration = Number(answer, "duration") is { } length ? TimeSpan.FromSeconds(length) : null;
        if (!answer.TryGetProperty("usage", out var usage) || usage.ValueKind != JsonValueKind.Object)
        {
            return new Transcript(text, null, duration);
        }
        ModelUsage? tokens = Number(usage, "input_tokens") is { } input && Number(usage, "output_tokens") is { } output ? new ModelUsage((long)input, 0, (long)output) : null;
        return new Transcript(text, tokens, Number(usage, "seconds") is { } seconds ? TimeSpan.FromSeconds(seconds) : duration);
    }

    private static double? Number(JsonElement usage, string name) =>
        usage.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.GetDouble() is >= 0 and < 1e9 and var number ? number : null;

    /// <summary>The endpoint tells formats apart by the file's ending, and knows <c>oga</c> and <c>opus</c> as <c>ogg</c>.</summary>
    private static string Name(Media media, string? fileName)
    {
        var ending = Path.GetExtension(fileName)?.ToLowerInvariant();
        return ending switch
        {
            ".flac" or ".m4a" or ".mp3" or ".mp4" or ".mpeg" or ".mpga" or ".ogg" or ".wav" or ".webm" => "speech" + ending,
            _ => media.MimeType.Split(';')[0].ToLowerInvariant() switch
            {
                "audio/mpeg" or "audio/mp3" => "speech.mp3",
                "audio/mp4" or "audio/aac" or "audio/x-m4a" or "audio/m4a" => "speech.m4a",
                "audio/wav" or "audio/x-wav" => "speech.wav",
                "audio/webm" or "video/webm" => "speech.webm",
                "audio/flac" => "speech.flac",
                _ => "speech.ogg",
            },
        };
    }
}
