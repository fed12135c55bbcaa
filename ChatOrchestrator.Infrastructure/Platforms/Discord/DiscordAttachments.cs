using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Infrastructure.Platforms.Discord;

/// <summary>What is attached to a message, and from where it may be fetched.</summary>
internal static class DiscordAttachments
{
    /// <summary>Lottie is a drawing program and no picture.</summary>
    private const int Lottie = 3;

    private const int Gif = 4;

    public static IReadOnlyList<Attachment> Read(Message message)
    {
        List<Attachment> attachments = [];
        foreach (var file in message.Attachments ?? [])
        {
            if (file is not null)
            {
                attachments.Add(new Attachment
                {
                    Kind = KindOf(file),
                    Id = file.Id,
                    Url = file.Url,
                    MimeType = file.ContentType?.Split(';')[0].Trim(),
                    Size = file.Size is >= 0 ? file.Size : null,
                    Name = file.Filename,
                });
            }
        }
        foreach (var sticker in message.StickerItems ?? [])
        {
            if (sticker is not null && Snowflake.IsValid(sticker.Id))
            {
                attachments.Add(new Attachment
                {
                    Kind = AttachmentKind.Sticker,
                    Id = sticker.Id,
                    // https://discord.com/developers/docs/reference#image-formatting-cdn-endpoints
                    Url = sticker.FormatType switch
                    {
                        Lottie => null,
                        Gif => $"https://media.discordapp.net/stickers/{sticker.Id}.gif",
                        _ => $"https://cdn.discordapp.com/stickers/{sticker.Id}.png",
                    },
                    MimeType = sticker.FormatType switch { Lottie => "application/json", Gif => "image/gif", _ => "image/png" },
                    Name = sticker.Name,
                });
            }
        }
        return attachments.Count <= MessageContent.MaxAttachments ? attachments : attachments[..MessageContent.MaxAttachments];
    }

    /// <summary>What stands for an attachment without a text.</summary>
    public static string Word(Attachment attachment) => attachment.Kind switch
    {
        AttachmentKind.Image => "[photo]",
        AttachmentKind.Audio => "[audio]",
        AttachmentKind.Voice => "[voice message]",
        AttachmentKind.Video => "[video]",
        AttachmentKind.Sticker => "[sticker]",
        _ => "[document]",
    };

    /// <summary>The address of an attachment, if it is one of Discord's: whoever writes a payload must not make us call other hosts.</summary>
    /// <param name="apiBaseUrl">The configured API, whose host may stand in for the CDN.</param>
    /// <exception cref="MediaException">It has no such address.</exception>
    public static Uri AddressOf(Attachment attachment, string apiBaseUrl)
    {
        if (!Uri.TryCreate(attachment.Url, UriKind.Absolute, out var url))
        {
            throw new MediaException("gone");
        }
        var api = new Uri(apiBaseUrl);
        var isApi = url.Scheme == api.Scheme && url.Authority == api.Authority;
        return isApi || (url.Scheme == "https" && url.IsDefaultPort && url.Host is "cdn.discordapp.com" or "media.discordapp.net")
            ? url
            : throw new MediaException("refused");
    }

    private static AttachmentKind KindOf(MessageAttachment file) => file.ContentType switch
    {
        { } type when type.StartsWith("image/", StringComparison.OrdinalIgnoreCase) => AttachmentKind.Image,
        { } type when type.StartsWith("audio/", StringComparison.OrdinalIgnoreCase) => file.DurationSecs is null ? AttachmentKind.Audio : AttachmentKind.Voice,
        { } type when type.StartsWith("video/", StringComparison.OrdinalIgnoreCase) => AttachmentKind.Video,
        _ => AttachmentKind.Document,
    };
}
