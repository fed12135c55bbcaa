using ChatOrchestrator.Domain.Bots;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Infrastructure.Platforms.Meta;

/// <summary>What is logged about both: ids and stable words.</summary>
internal static partial class MetaLog
{
    [LoggerMessage(LogLevel.Warning, "Connection {ConnectionId}: the webhook could not be taken back: {Reason}")]
    public static partial void WebhookKept(ILogger logger, ConnectionId connectionId, string reason);

    [LoggerMessage(LogLevel.Warning, "Connection {ConnectionId}: somebody asks to be deleted, and their id in the chats is not to be had: {Reason}")]
    public static partial void NotMatched(ILogger logger, ConnectionId connectionId, string reason);
}
