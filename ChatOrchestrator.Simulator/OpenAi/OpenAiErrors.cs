using System.Globalization;

namespace ChatOrchestrator.Simulator.OpenAi;

/// <summary>An error of the API. https://platform.openai.com/docs/guides/error-codes</summary>
internal sealed class OpenAiException(int status, string message, string type, string? param = null, string? code = null) : Exception(message)
{
    public int Status => status;

    /// <summary>Seconds, for the <c>Retry-After</c> header.</summary>
    public int? RetryAfter { get; init; }

    public OpenAiError ToBody() => new(new OpenAiErrorDetail(Message, type, param, code));

    public static OpenAiException Invalid(string message, string? param, string? code = null) =>
        new(400, message, "invalid_request_error", param, code);

    public static OpenAiException RateLimit(int retryAfter) =>
        new(429, string.Create(CultureInfo.InvariantCulture, $"Rate limit reached for requests. Please try again in {retryAfter}s."), "requests", null, "rate_limit_exceeded") { RetryAfter = retryAfter };

    public static OpenAiException Server(int status) => status == 503
        ? new OpenAiException(503, "The engine is currently overloaded, please try again later.", "service_unavailable")
        : new OpenAiException(status, "The server had an error while processing your request. Sorry about that!", "server_error");

    public static OpenAiException ContextLength(int limit, int tokens) => Invalid(
        string.Create(CultureInfo.InvariantCulture, $"This model's maximum context length is {limit} tokens. However, your messages resulted in {tokens} tokens. Please reduce the length of the messages."),
        "messages", "context_length_exceeded");
}

internal sealed record OpenAiError(OpenAiErrorDetail Error);

/// <summary>All four members are always present, <c>param</c> and <c>code</c> as null when there is none.</summary>
internal sealed record OpenAiErrorDetail(
    string Message,
    string Type,
    [property: System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.Never)] string? Param,
    [property: System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.Never)] string? Code);
