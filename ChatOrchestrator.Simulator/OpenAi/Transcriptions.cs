using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.OpenAi;

/// <summary>
/// <c>POST /v1/audio/transcriptions</c>. What was "said" is the file's name, size and the first digits of its SHA-256: the
/// same for the same file, and different for another. <see href="https://platform.openai.com/docs/api-reference/audio/createTranscription"/>
/// </summary>
internal static class Transcriptions
{
    /// <summary>As on the real API.</summary>
    private const int MaxBytes = 25 << 20;

    /// <exception cref="OpenAiException">The request is refused.</exception>
    public static async Task HandleAsync(HttpContext http)
    {
        if (!http.Request.HasFormContentType)
        {
            throw OpenAiException.Invalid("Expected a multipart/form-data body.", null);
        }

        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        if (form["model"].ToString().Length == 0)
        {
            throw OpenAiException.Invalid("you must provide a model parameter", null);
        }

        if (form.Files.GetFile("file") is not { Length: > 0 } file)
        {
            throw OpenAiException.Invalid("Missing required parameter: 'file'.", "file", "missing_required_parameter");
        }

        if (file.Length > MaxBytes)
        {
            throw new OpenAiException(413, string.Create(CultureInfo.InvariantCulture, $"Maximum content size limit ({MaxBytes}) exceeded ({file.Length} bytes read)"), "server_error");
        }

        var text = await TranscribeAsync(file, http.RequestAborted);
        switch (form["response_format"].ToString())
        {
            case "" or "json":
                await http.Response.WriteAsJsonAsync(new JsonObject { ["text"] = text, ["usage"] = Usage(form["model"].ToString(), file.Length, text) }, SimulatorJson.Options, http.RequestAborted);
                break;
            case "verbose_json":
                await http.Response.WriteAsJsonAsync(
                    new JsonObject { ["task"] = "transcribe", ["language"] = "english", ["duration"] = 1.5, ["text"] = text, ["segments"] = new JsonArray() },
                    SimulatorJson.Options, http.RequestAborted);
                break;
            case "text":
                http.Response.ContentType = "text/plain; charset=utf-8";
                await http.Response.WriteAsync(text + "\n", http.RequestAborted);
                break;
            case var other:
                throw OpenAiException.Invalid($"response_format '{other}' is not simulated; use json, verbose_json or text.", "response_format", "unsupported_value");
        }
    }

    /// <summary>Whisper counts seconds, its successors tokens. What is recorded here has 2,000 bytes a second.</summary>
    private static JsonObject Usage(string model, long bytes, string text)
    {
        const int bytesPerSecond = 2_000;
        var seconds = Math.Max(1, (int)Math.Ceiling((double)bytes / bytesPerSecond));
        return model.StartsWith("whisper", StringComparison.Ordinal)
            ? new JsonObject { ["type"] = "duration", ["seconds"] = seconds }
            : new JsonObject
            {
                ["type"] = "tokens",
                ["input_tokens"] = seconds * 10,
                ["input_token_details"] = new JsonObject { ["text_tokens"] = 0, ["audio_tokens"] = seconds * 10 },
                ["output_tokens"] = text.Length / 4,
                ["total_tokens"] = (seconds * 10) + (text.Length / 4),
            };
    }

    private static async Task<string> TranscribeAsync(IFormFile file, CancellationToken cancellationToken)
    {
        await using var stream = file.OpenReadStream();
        var digits = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken))[..8];
        return string.Create(CultureInfo.InvariantCulture, $"This is what was said in {file.FileName}, {file.Length} bytes, number {digits}.");
    }
}
