using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Platforms.Meta;

namespace ChatOrchestrator.Infrastructure.Platforms.WhatsApp;

/// <summary>
/// Fetches <see href="https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media">media</see>: the id is asked for an
/// address, which lives five minutes and wants the token too.
/// </summary>
internal static class WhatsAppMedia
{
    /// <exception cref="MediaException">It cannot be had.</exception>
    public static async Task<Media> FetchAsync(GraphApi graph, ConnectionSnapshot connection, Attachment attachment, int maxBytes, CancellationToken cancellationToken)
    {
        if (connection.Secret(WhatsAppSettings.AccessToken) is not { } token || attachment.Id is not { Length: > 0 } id)
        {
            throw new MediaException("refused");
        }
        var (url, mimeType, size) = await AskAsync(graph, token, id, WhatsAppSettings.PhoneNumberIdOf(connection.Settings), cancellationToken);
        if (size > Math.Min(maxBytes, MaxBytesOf(attachment.Kind)))
        {
            throw new MediaException("too_large");
        }
        var media = await graph.DownloadAsync(url, token, maxBytes, cancellationToken);
        return mimeType is null ? media : media with { MimeType = mimeType };
    }

    /// <summary>The <see href="https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media#supported-media-types">largest file</see> of a kind, in bytes: more is not what it says.</summary>
    private static int MaxBytesOf(AttachmentKind kind) => kind switch
    {
        AttachmentKind.Image => 5 << 20,
        AttachmentKind.Audio or AttachmentKind.Voice or AttachmentKind.Video => 16 << 20,
        AttachmentKind.Sticker => 1 << 20,
        _ => 100 << 20,
    };

    private static async Task<(string? Url, string? MimeType, long Size)> AskAsync(GraphApi graph, string token, string id, string? number, CancellationToken cancellationToken)
    {
        PlatformAnswer answer;
        try
        {
            // With the number, it is the platform that sees to it that a file of another number is not given out.
            var path = number is null ? Uri.EscapeDataString(id) : $"{Uri.EscapeDataString(id)}?phone_number_id={number}";
            answer = await graph.GetAsync(path, token, cancellationToken);
        }
        catch (PlatformCallException)
        {
            throw new MediaException("unreachable", temporary: true);
        }
        if (!answer.IsSuccess)
        {
            throw (int)answer.Status is 429 or >= 500 ? new MediaException("unreachable", temporary: true)
                : (int)answer.Status == 404 || GraphError.TryRead(answer.Body) is { Code: 100 } ? new MediaException("gone")
                : new MediaException("refused");
        }
        try
        {
            using var document = JsonDocument.Parse(answer.Body);
            var root = document.RootElement;
            return (MetaWebhook.TextOf(root, "url"), MetaWebhook.TextOf(root, "mime_type"),
                root.TryGetProperty("file_size", out var size) && long.TryParse(size.ToString(), out var bytes) ? bytes : 0);
        }
        catch (Exception e) when (MetaWebhook.IsUnreadable(e))
        {
            throw new MediaException("unreachable", temporary: true);
        }
    }
}
