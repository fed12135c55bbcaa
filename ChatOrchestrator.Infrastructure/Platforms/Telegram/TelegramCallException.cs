using System.Net;

namespace ChatOrchestrator.Infrastructure.Platforms.Telegram;

/// <summary>A call of the Bot API without an answer of Telegram's. Holds nothing of the address, which has the bot's token in it.</summary>
internal class TelegramCallException : Exception
{
    protected TelegramCallException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    /// <summary>What was answered in its place; null: nothing.</summary>
    public HttpStatusCode? Status { get; private init; }

    /// <summary>What came is not what Telegram answers with.</summary>
    public static TelegramCallException Unreadable(HttpStatusCode status, Exception? inner = null) => new("unreadable_answer", inner) { Status = status };

    /// <param name="inner">How the call ended.</param>
    public static TelegramCallException NoAnswer(Exception inner) => new("no_answer", inner);
}

/// <summary>Telegram answered with an error.</summary>
/// <param name="code">Like a status of HTTP.</param>
/// <param name="description">Telegram's words.</param>
/// <param name="parameters">What can be done about it; null: Telegram does not say.</param>
internal sealed class TelegramErrorException(int code, string description, ApiAnswerParameters? parameters) : TelegramCallException(description)
{
    public int Code { get; } = code;

    public ApiAnswerParameters? Parameters { get; } = parameters;
}
