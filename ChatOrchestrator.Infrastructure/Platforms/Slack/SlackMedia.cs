using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Infrastructure.Platforms.Slack;

/// <summary>Downloads <see href="https://docs.slack.dev/reference/objects/file-object">files</see>, from Slack's own hosts only: the token goes along.</summary>
internal sealed class SlackMedia(SlackApi api)
{
    /// <exception cref="MediaException">It cannot be had.</exception>
    public async Task<Media> FetchAsync(SlackConnection connection, Attachment attachment, int maxBytes, CancellationToken cancellationToken)
    {
        if (connection.Token is not { } token)
        {
            throw new MediaException("refused");
        }
        if (attachment.Size > maxBytes)
        {
            throw new MediaException("too_large");
        }
        var address = attachment.Url ?? await AskAsync(token, attachment.Id, cancellationToken);
        if (!Uri.TryCreate(address, UriKind.Absolute, out var url) || !api.IsOurs(url))
        {
            throw new MediaException("refused");
        }
        var media = await api.DownloadAsync(url, token, maxBytes, cancellationToken);
        // In place of a file that the token may not read Slack sends its page to sign in.
        return media.MimeType == "text/html" && attachment.MimeType is { } expected && !expected.StartsWith("text/", StringComparison.OrdinalIgnoreCase)
            ? throw new MediaException("refused")
            : media with { MimeType = media.MimeType is "application/octet-stream" && attachment.MimeType is { } known ? known : media.MimeType };
    }

    /// <summary>Files that were shared from another workspace come with their id alone: https://docs.slack.dev/reference/methods/files.info.</summary>
    private async Task<string?> AskAsync(string token, string? id, CancellationToken cancellationToken)
    {
        if (id is null)
        {
            return null;
        }
        try
        {
            var answer = await api.ReadAsync("files.info", token, new Dictionary<string, string> { ["file"] = id }, cancellationToken);
            return answer switch
            {
                { IsOk: true, Body.File: { } file } => SlackFiles.UrlOf(file),
                { Error: "file_not_found" or "file_deleted" } => throw new MediaException("gone"),
                { Error: not null } => throw new MediaException("refused"),
                _ => throw new MediaException("unreachable", temporary: true),
            };
        }
        catch (PlatformCallException)
        {
            throw new MediaException("unreachable", temporary: true);
        }
    }
}
