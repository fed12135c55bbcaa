using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Infrastructure.Platforms.Slack;

/// <summary>Files of a message as attachments.</summary>
internal static class SlackFiles
{
    public static IReadOnlyList<Attachment> Read(SlackFile?[]? files)
    {
        if (files is null or { Length: 0 })
        {
            return [];
        }
        List<Attachment> attachments = new(files.Length);
        foreach (var file in files)
        {
            // A tombstone stands where a file was.
            if (file is { Mode: not "tombstone", Id: { Length: > 0 } id } && attachments.Count < MessageContent.MaxAttachments)
            {
                attachments.Add(new Attachment
                {
                    Kind = KindOf(file),
                    Id = id,
                    Url = UrlOf(file),
                    MimeType = file.Mimetype,
                    Size = file.Size is > 0 ? file.Size : null,
                    Name = file.Name ?? file.Title,
                });
            }
        }
        return attachments;
    }

    /// <summary>Where it is downloaded; null: Slack has to be asked (files of other workspaces), or will not give it.</summary>
    public static string? UrlOf(SlackFile file) => file.Mode == "external" ? null : file.UrlPrivateDownload ?? file.UrlPrivate;

    private static AttachmentKind KindOf(SlackFile file) => file switch
    {
        { Subtype: "slack_audio" } => AttachmentKind.Voice,
        { Subtype: "slack_video" } => AttachmentKind.Video,
        { Mimetype: { } type } when type.StartsWith("image/", StringComparison.OrdinalIgnoreCase) => AttachmentKind.Image,
        { Mimetype: { } type } when type.StartsWith("audio/", StringComparison.OrdinalIgnoreCase) => AttachmentKind.Audio,
        { Mimetype: { } type } when type.StartsWith("video/", StringComparison.OrdinalIgnoreCase) => AttachmentKind.Video,
        _ => AttachmentKind.Document,
    };
}
