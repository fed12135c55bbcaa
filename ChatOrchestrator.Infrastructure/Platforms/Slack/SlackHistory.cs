using System.Globalization;
using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Infrastructure.Platforms.Slack;

/// <summary>
/// Looks a part up in its chat by the metadata that it was sent with: <see href="https://docs.slack.dev/reference/methods/conversations.history"/>
/// and <c>conversations.replies</c>. <c>chat.postMessage</c> documents no idempotency key.
/// </summary>
internal sealed class SlackHistory(SlackApi api)
{
    /// <summary>So many messages of a chat since the answer was made are looked through.</summary>
    private const int MaxPages = 3;

    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(1);

    /// <summary>The platform's id of the part; null: it is not there, or Slack cannot be asked.</summary>
    public async Task<string?> FindAsync(SlackConnection connection, OutboundPart part, CancellationToken cancellationToken)
    {
        if (connection.Token is not { } token)
        {
            return null;
        }
        var arguments = new Dictionary<string, string>
        {
            ["channel"] = part.Chat.ChatId,
            ["include_all_metadata"] = "true",
            ["limit"] = "100",
        };
        if (CreatedAt(part.MessageId) is { } created)
        {
            arguments["oldest"] = (created - ClockSkew).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        }
        var method = "conversations.history";
        if (part.Chat.ThreadId.Length > 0)
        {
            method = "conversations.replies";
            arguments["ts"] = part.Chat.ThreadId;
        }
        var reference = part.Reference.ToString();
        try
        {
            for (var page = 0; page < MaxPages; page++)
            {
                var answer = await api.ReadAsync(method, token, arguments, cancellationToken);
                if (!answer.IsOk)
                {
                    return null;
                }
                foreach (var message in answer.Body!.Messages ?? [])
                {
                    if (message is { Ts: { Length: > 0 } ts, Metadata.Reference: { } given } && given == reference)
                    {
                        return $"{part.Chat.ChatId}:{ts}";
                    }
                }
                if (answer.Body.ResponseMetadata?.NextCursor is not { Length: > 0 } next)
                {
                    return null;
                }
                arguments["cursor"] = next;
            }
        }
        catch (PlatformCallException)
        {
            // It is sent again, and if this goes on that fails too.
        }
        return null;
    }

    /// <summary>A UUID of version 7 begins with its time in milliseconds.</summary>
    private static DateTimeOffset? CreatedAt(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return id.Version == 7
            ? DateTimeOffset.FromUnixTimeMilliseconds(((long)System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes) << 16) | System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]))
            : null;
    }
}
