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
        HttpRequestException or IOException => new ModelException(ModelFailure.Unavailable, inner: exception),
        // A connection that timed out: the caller's and our own cancellation were told apart before.
        OperationCanceledException or TimeoutException => new ModelException(ModelFailure.Unavailable),
        // Not JSON, or JSON that is not an answer.
        _ => new ModelException(ModelFailure.Malformed),
    };

    /// <param name="response">An answer that says no.</param>
    public static ModelException Of(HttpResponseMessage response, ReadOnlyMemory<byte> body, TimeProvider time)
    {
        switch ((int)response.StatusCode)
        {
            case 429:
                var retryAfter = RetryAfter(response.Headers, time);
                return new(ModelFailure.RateLimited, ReadError(body).Code is "insufficient_quota" && !(retryAfter > QuotaPause) ? QuotaPause : retryAfter);
            case 401 or 403:
                return new(ModelFailure.Unauthorized);
            case 408:
                return new(ModelFailure.Unavailable, RetryAfter(response.Headers, time));
            case 413:
                return new(ModelFailure.ContextTooLong);
            case 400 when ReadError(body).IsContextTooLong:
                return new(ModelFailure.ContextTooLong);
            case < 500:
                return new(ModelFailure.Rejected);
            default:
                return new(ModelFailure.Unavailable, RetryAfter(response.Headers, time));
        }
    }

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
            var error = document.RootElement.GetProperty("error");
            return new(Text(error, "code"), Text(error, "type"), Text(error, "message"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return default;
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>The error object: <see href="https://platform.openai.com/docs/guides/error-codes"/>.</summary>
    private readonly record struct ErrorBody(string? Code, string? Type, string? Message)
    {
        /// <summary>OpenAI has a code for it, llama.cpp a type, vLLM and others only OpenAI's wording.</summary>
        public bool IsContextTooLong =>
            Code is "context_length_exceeded"
            || Type is "exceed_context_size_error"
            || Message?.Contains("maximum context length", StringComparison.OrdinalIgnoreCase) == true;
    }
}
