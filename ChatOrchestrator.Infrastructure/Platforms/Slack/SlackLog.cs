using ChatOrchestrator.Domain.Bots;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Infrastructure.Platforms.Slack;

/// <summary>What is logged about Slack: ids and stable words, never texts, and no exceptions, whose messages may quote an address.</summary>
internal static partial class SlackLog
{
    [LoggerMessage(LogLevel.Warning, "Slack could not take the blocks of message {MessageId} part {Ordinal}; it goes out as plain text")]
    public static partial void BlocksRefused(ILogger logger, Guid messageId, int ordinal);

    [LoggerMessage(LogLevel.Warning, "The thread of message {MessageId} part {Ordinal} is gone; it goes to the channel itself")]
    public static partial void ThreadGone(ILogger logger, Guid messageId, int ordinal);

    [LoggerMessage(LogLevel.Information, "The response URL for message {MessageId} part {Ordinal} is used up; it goes out as a message")]
    public static partial void ResponseUrlGone(ILogger logger, Guid messageId, int ordinal);

    [LoggerMessage(LogLevel.Information, "Connection {ConnectionId}: connected in Socket Mode")]
    public static partial void Connected(ILogger logger, ConnectionId connectionId);

    [LoggerMessage(LogLevel.Information, "Connection {ConnectionId}: Slack asks to connect anew ({Reason})")]
    public static partial void Refreshed(ILogger logger, ConnectionId connectionId, string reason);

    [LoggerMessage(LogLevel.Warning, "Connection {ConnectionId}: Socket Mode broke off: {Reason}; trying again in {Pause}")]
    public static partial void Disconnected(ILogger logger, ConnectionId connectionId, string reason, TimeSpan pause);

    [LoggerMessage(LogLevel.Warning, "Connection {ConnectionId}: an envelope could not be read and is kept as an ignored event")]
    public static partial void UnreadableEnvelope(ILogger logger, ConnectionId connectionId);
}
