using ChatOrchestrator.Simulator.Telegram.Formatting;

namespace ChatOrchestrator.Simulator.Telegram;

/// <summary>An answer with <c>ok: false</c>. https://core.telegram.org/bots/api#making-requests</summary>
internal sealed class BotApiException(int errorCode, string description, ResponseParameters? parameters = null) : Exception(description)
{
    public int ErrorCode => errorCode;

    public ResponseParameters? Parameters => parameters;

    public static BotApiException BadRequest(string description) => new(400, "Bad Request: " + description);

    public static BotApiException Formatting(FormattingException error) => BadRequest(error.Message);

    public static BotApiException Forbidden(string description) => new(403, "Forbidden: " + description);

    public static BotApiException Conflict(string description) => new(409, "Conflict: " + description);

    /// <param name="seconds">How long the bot must wait, in whole seconds.</param>
    public static BotApiException TooManyRequests(int seconds) =>
        new(429, $"Too Many Requests: retry after {seconds}", new ResponseParameters { RetryAfter = seconds });
}

/// <summary>https://core.telegram.org/bots/api#responseparameters</summary>
internal sealed record ResponseParameters
{
    public long? MigrateToChatId { get; init; }

    public int? RetryAfter { get; init; }
}

/// <summary>The envelope of every answer.</summary>
internal sealed record BotApiResponse(bool Ok)
{
    public object? Result { get; init; }

    public int? ErrorCode { get; init; }

    public string? Description { get; init; }

    public ResponseParameters? Parameters { get; init; }
}

/// <summary>A result that carries a note, such as <c>Webhook was set</c>.</summary>
internal sealed record DescribedResult(object Result, string Description);
