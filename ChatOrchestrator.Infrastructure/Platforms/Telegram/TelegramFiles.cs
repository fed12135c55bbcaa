using System.Text.Json.Nodes;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Infrastructure.Platforms.Telegram;

/// <summary>
/// Downloads attachments: <see href="https://core.telegram.org/bots/api#getfile">getFile</see> says where a file is, for an
/// hour. The address holds the bot's token and is used here only.
/// </summary>
internal sealed class TelegramFiles(TelegramHttp http, PlatformHttp downloads)
{
    /// <summary>The largest file that the Bot API hands out.</summary>
    private const int MaxBytes = 20 * 1024 * 1024;

    private const string UnknownType = "application/octet-stream";

    /// <exception cref="MediaException">It cannot be had.</exception>
    public async Task<Media> FetchAsync(TelegramConnection connection, Attachment attachment, int maxBytes, CancellationToken cancellationToken)
    {
        if (connection.Client is not { } client || attachment.Id is not { Length: > 0 } fileId)
        {
            throw new MediaException("refused");
        }
        if (attachment.Size > Math.Min(maxBytes, MaxBytes))
        {
            throw new MediaException("too_large");
        }
        var path = await FindAsync(client, fileId, cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Get, http.FileUrl(connection.Token!, path));
        var media = await downloads.DownloadAsync(request, maxBytes, cancellationToken);
        // Telegram's file server does not say what a file is; the message did.
        return media.MimeType == UnknownType && attachment.MimeType is { } type ? media with { MimeType = type } : media;
    }

    private static async Task<string> FindAsync(TelegramClient client, string fileId, CancellationToken cancellationToken)
    {
        try
        {
            var file = await client.CallAsync("getFile", new JsonObject { ["file_id"] = fileId }, TelegramJson.Default.ApiAnswerBotFile, cancellationToken);
            // A server of one's own in local mode gives a path on its disk, which is not ours.
            return file.FilePath is { Length: > 0 } path && !Path.IsPathRooted(path) && !path.Contains("..", StringComparison.Ordinal)
                ? path
                : throw new MediaException("gone");
        }
        catch (TelegramErrorException refusal)
        {
            throw refusal.Code switch
            {
                429 or >= 500 => new MediaException("unreachable", temporary: true),
                401 or 403 or 404 => new MediaException("refused"),
                _ when refusal.Message.Contains("too big", StringComparison.OrdinalIgnoreCase) => new MediaException("too_large"),
                _ when refusal.Message.Contains("temporarily unavailable", StringComparison.OrdinalIgnoreCase) => new MediaException("unreachable", temporary: true),
                _ => new MediaException("gone"),
            };
        }
        catch (TelegramCallException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new MediaException("unreachable", temporary: true);
        }
    }
}
