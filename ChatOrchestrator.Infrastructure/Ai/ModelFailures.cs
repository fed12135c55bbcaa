using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Infrastructure.Ai;

/// <summary>
/// Turns what a call answers or throws into a <see cref="ModelException"/>. Providers quote the prompt in their error texts, so neither
/// those texts nor the exceptions that carry them are kept; a network error is, as it names no more than the host.
/// </summary>
internal static class ModelFailures
{
    /// <summary>The account is out of credit: no use in asking again at once. <see href="https://platform.openai.com/docs/guides/error-codes"/></summary>
    private static readonly TimeSpan QuotaPause = TimeSpan.FromMinutes(1);

    public static ModelException Map(Exception exception) => exception switch
    {
        ModelException known => known,
        HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } => new ModelException(ModelFailure.Malformed),
        HttpRequestException or IOException => new ModelException(ModelFailure.Unavailable, inner: exception),
        // A connection that timed out: the caller's and our own cancellation were told apart before.
        OperationCanceledException or TimeoutException => new ModelException(ModelFailure.Unavailable),
        // Not JSON, or JSON that is not an answer.
        _ => new ModelException(ModelFailure.Malformed),
    };

    /// <param name="response">An answer that says no.</param>
    public static ModelException Of(HttpResponseMessage response, ReadOnlyMemory<byte> body, TimeProvider time) =>
        Of((int)response.StatusCode, ReadError(body), RetryAfter(response.Headers, time));

    /// <param name="error">An error object that came with the status of an answer.</param>
    public static ModelException Of(JsonElement error)
    {
        var read = ReadError(error);
        return Of(read.Status, read, null);
    }

    private static ModelException Of(int status, ErrorBody error, TimeSpan? retryAfter) => status switch
    {
        429 => new(ModelFailure.RateLimited, error.Code is "insufficient_quota" && !(retryAfter > QuotaPause) ? QuotaPause : retryAfter),
        401 or 403 => new(ModelFailure.Unauthorized),
        408 => new(ModelFailure.Unavailable, retryAfter),
        413 => new(ModelFailure.ContextTooLong),
        400 when error.IsContextTooLong => new(ModelFailure.ContextTooLong),
        < 500 => new(ModelFailure.Rejected),
        _ => new(ModelFailure.Unavailable, retryAfter),
    };

    /// <summary><c>Retry-After</c> in seconds or as a date (RFC 9110 §10.2.3), or OpenAI's <c>retry-after-ms</c>, which is finer.</summary>
    private static TimeSpan? RetryAfter(HttpResponseHeaders headers, TimeProvider time)
    {
        if (double.TryParse(Header(headers, "retry-after-ms"), NumberStyles.Float, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds is >= 0 and < 86_400_000)
        {
            return TimeSpan.FromMilliseconds(milliseconds);
        }
        if (Header(headers, "Retry-After") is not { } text)
        {
            return null;
        }
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds))
        {
            return seconds is >= 0 and < 86_400 ? TimeSpan.FromSeconds(seconds) : null;
        }
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date))
        {
            return null;
        }
        var wait = date - time.GetUtcNow();
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    private static string? Header(HttpResponseHeaders headers, string name) => headers.NonValidated.TryGetValues(name, out var values) ? values.ToString() : null;

    private static ErrorBody ReadError(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return ReadError(document.RootElement.GetProperty("error"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return default;
        }
    }

    private static ErrorBody ReadError(JsonElement error) => new(Text(error, "code"), Text(error, "type"), Text(error, "message"));

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value)
        ? value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Number => value.GetRawText(),
            _ => null,
        }
        : null;

    /// <summary>The error object: <see href="https://platform.openai.com/docs/guides/error-codes"/>.</summary>
    private readonly record struct ErrorBody(string? Code, string? Type, string? Message)
    {
        /// <summary>OpenAI has a code for it, llama.cpp a type, vLLM and others only OpenAI's wording.</summary>
        public bool IsContextTooLong =>
            Code is "context_length_exceeded"
            || Type is "exceed_context_size_error"
            || Message?.Contains("maximum context length", StringComparison.OrdinalIgnoreCase) == true;

        /// <summary>The status it would have come with: many say it as their code, OpenAI only in words. What is unknown is the server's failure, which passes.</summary>
        public int Status =>
            int.TryParse(Code, NumberStyles.None, CultureInfo.InvariantCulture, out var status) && status is >= 400 and < 600 ? status
            : IsContextTooLong ? 400
            : Code is "insufficient_quota" or "rate_limit_exceeded" || Type is "insufficient_quota" or "rate_limit_error" or "rate_limit_exceeded" ? 429
            : Code is "invalid_api_key" || Type is "authentication_error" or "permission_error" ? 401
            : Type is "invalid_request_error" or "BadRequestError" ? 400
            : 500;
    }
}
