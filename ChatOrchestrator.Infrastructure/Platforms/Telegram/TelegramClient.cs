using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace ChatOrchestrator.Infrastructure.Platforms.Telegram;

/// <summary>
/// One bot's <see href="https://core.telegram.org/bots/api#making-requests">calls</see>, with their arguments as JSON, so
/// that what is stored of a part is sent as it is. Of the answers only what we use is read: a library's types for all that
/// Telegram may say took 8 MiB of every process.
/// </summary>
internal sealed class TelegramClient(HttpClient calls, string address)
{
    /// <summary>Makes a call that answers with nothing but that it was done.</summary>
    /// <param name="arguments">Null: the method has none.</param>
    /// <exception cref="TelegramErrorException">Telegram refused.</exception>
    /// <exception cref="TelegramCallException">There was no answer of Telegram's.</exception>
    public async Task<ApiAnswer> CallAsync(string method, JsonObject? arguments, CancellationToken cancellationToken)
    {
        var answer = Read(await PostAsync(method, arguments, cancellationToken), TelegramJson.Default.ApiAnswer);
        return answer.Ok ? answer : throw TelegramCallException.Unreadable(HttpStatusCode.OK);
    }

    /// <summary>Makes a call.</summary>
    /// <param name="arguments">Null: the method has none.</param>
    /// <param name="type">What it answers with.</param>
    /// <exception cref="TelegramErrorException">Telegram refused.</exception>
    /// <exception cref="TelegramCallException">There was no answer of Telegram's.</exception>
    public async Task<T> CallAsync<T>(string method, JsonObject? arguments, JsonTypeInfo<ApiAnswer<T>> type, CancellationToken cancellationToken)
        where T : class
    {
        var answer = Read(await PostAsync(method, arguments, cancellationToken), type);
        return answer is { Ok: true, Result: { } result } ? result : throw TelegramCallException.Unreadable(HttpStatusCode.OK);
    }

    /// <returns>What came with the status 200.</returns>
    private async Task<byte[]> PostAsync(string method, JsonObject? arguments, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{address}/{method}") { Content = arguments is null ? null : Content(arguments) };
        try
        {
            using var response = await calls.SendAsync(request, cancellationToken);
            var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            return response.StatusCode == HttpStatusCode.OK ? body : throw ErrorOf(body, response.StatusCode);
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw TelegramCallException.NoAnswer(e);
        }
    }

    private static TelegramCallException ErrorOf(byte[] body, HttpStatusCode status)
    {
        var answer = Read(body, TelegramJson.Default.ApiAnswer, status);
        return answer is { ErrorCode: not 0, Description: { } description }
            ? new TelegramErrorException(answer.ErrorCode, description, answer.Parameters)
            : TelegramCallException.Unreadable(status);
    }

    private static T Read<T>(byte[] body, JsonTypeInfo<T> type, HttpStatusCode status = HttpStatusCode.OK)
    {
        try
        {
            return JsonSerializer.Deserialize(body, type) ?? throw TelegramCallException.Unreadable(status);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // A page in place of JSON, or a string that is none.
            throw TelegramCallException.Unreadable(status, e);
        }
    }

    private static ReadOnlyMemoryContent Content(JsonObject arguments)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            arguments.WriteTo(writer);
        }
        var content = new ReadOnlyMemoryContent(buffer.WrittenMemory);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }
}
