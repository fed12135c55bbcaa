using ChatOrchestrator.Domain.Bots;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Infrastructure.Platforms.Discord;

/// <summary>What is logged about Discord: ids and stable words, never texts or tokens.</summary>
internal static partial class DiscordLog
{
    [LoggerMessage(LogLevel.Warning, "Discord did not take the buttons or pictures of message {MessageId} part {Ordinal}; it goes out as text")]
    public static partial void FormRefused(ILogger logger, Guid messageId, int ordinal);

    [LoggerMessage(LogLevel.Information, "The interaction of message {MessageId} part {Ordinal} has run out; it goes to the channel")]
    public static partial void InteractionExpired(ILogger logger, Guid messageId, int ordinal);

    [LoggerMessage(LogLevel.Warning, "Connection {ConnectionId}: Discord did not accept the list of commands: {Reason}")]
    public static partial void CommandsRefused(ILogger logger, ConnectionId connectionId, string reason);

    [LoggerMessage(LogLevel.Warning, "Connection {ConnectionId}: an interaction could not be acknowledged: {Reason}")]
    public static partial void NotAcknowledged(ILogger logger, ConnectionId connectionId, string reason);

    [LoggerMessage(LogLevel.Information, "Connection {ConnectionId}: a new gateway session")]
    public static partial void Ready(ILogger logger, ConnectionId connectionId);

    [LoggerMessage(LogLevel.Information, "Connection {ConnectionId}: the gateway session goes on")]
    public static partial void Resumed(ILogger logger, ConnectionId connectionId);

    [LoggerMessage(LogLevel.Warning, "Connection {ConnectionId}: the gateway connection ended: {Reason}; again in {Pause}")]
    public static partial void Lost(ILogger logger, ConnectionId connectionId, string reason, TimeSpan pause);

    [LoggerMessage(LogLevel.Warning, "Connection {ConnectionId}: waiting {Pause} before the next IDENTIFY")]
    public static partial void IdentifyHeld(ILogger logger, ConnectionId connectionId, TimeSpan pause);

    [LoggerMessage(LogLevel.Warning, "Connection {ConnectionId}: a dispatch could not be read and is kept as an ignored event")]
    public static partial void UnreadableDispatch(ILogger logger, ConnectionId connectionId);
}
