using ChatOrchestrator.Domain.Bots;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Infrastructure.Platforms.Telegram;

/// <summary>What is logged about Telegram: ids and stable words, never texts, and no exceptions, whose messages may hold the token.</summary>
internal static partial class TelegramLog
{
    [LoggerMessage(LogLevel.Warning, "Telegram could not read the markup of message {MessageId} part {Ordinal}; it goes out as plain text")]
    public static partial void MarkupRefused(ILogger logger, Guid messageId, int ordinal);

    [LoggerMessage(LogLevel.Warning, "Telegram refused the buttons of message {MessageId} part {Ordinal}; they go out as a list")]
    public static partial void ButtonsRefused(ILogger logger, Guid messageId, int ordinal);

    [LoggerMessage(LogLevel.Warning, "Telegram did not take the file of message {MessageId} part {Ordinal}; it goes out as a link")]
    public static partial void MediaRefused(ILogger logger, Guid messageId, int ordinal);

    [LoggerMessage(LogLevel.Warning, "The topic of message {MessageId} part {Ordinal} is gone; it goes to the group itself")]
    public static partial void TopicGone(ILogger logger, Guid messageId, int ordinal);

    [LoggerMessage(LogLevel.Warning, "Connection {ConnectionId}: Telegram did not accept the list of commands: {Reason}")]
    public static partial void CommandsRefused(ILogger logger, ConnectionId connectionId, string reason);

    [LoggerMessage(LogLevel.Warning, "Connection {ConnectionId}: the webhook could not be taken back: {Reason}")]
    public static partial void WebhookKept(ILogger logger, ConnectionId connectionId, string reason);

    [LoggerMessage(LogLevel.Information, "Connection {ConnectionId}: the webhook is registered")]
    public static partial void WebhookRegistered(ILogger logger, ConnectionId connectionId);

    [LoggerMessage(LogLevel.Information, "Connection {ConnectionId}: listening by long polling")]
    public static partial void Listening(ILogger logger, ConnectionId connectionId);

    [LoggerMessage(LogLevel.Warning, "Connection {ConnectionId}: polling failed: {Reason}; trying again in {Pause}")]
    public static partial void PollFailed(ILogger logger, ConnectionId connectionId, string reason, TimeSpan pause);

    [LoggerMessage(LogLevel.Warning, "Connection {ConnectionId}: an update could not be read and is kept as an ignored event")]
    public static partial void UnreadableUpdate(ILogger logger, ConnectionId connectionId);
}
