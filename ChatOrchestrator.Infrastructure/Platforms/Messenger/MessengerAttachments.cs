using ChatOrchestrator.Application.Turns;
using ChatOrchestrator.Domain.Messages;
using ContentAttachment = ChatOrchestrator.Domain.Messages.Attachment;

namespace ChatOrchestrator.Infrastructure.Platforms.Messenger;

/// <summary>Reads what is <see href="https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/messages#attachments">attached</see> to a message.</summary>
internal static class MessengerAttachments
{
    /// <summary>The thumb beside the text field, in three sizes: it is meant as a word.</summary>
    private static readonly long[] Thumbs = [369239263222822, 369239343222814, 369239383222810];

    /// <returns>The attachments, what stands for them where nothing was written, and whether anybody can use it.</returns>
    public static (IReadOnlyList<ContentAttachment> Attachments, string Words, bool IsUsable) Read(Message message)
    {
        if (message.Attachments is not { Length: > 0 } given)
        {
            return ([], "", false);
        }
        List<ContentAttachment> attachments = [];
        List<string> words = [];
        var isUsable = false;
        foreach (var attachment in given)
        {
            if (attachment is null)
            {
                continue;
            }
            if (attachment.Payload?.StickerId is { } sticker && Thumbs.Contains(sticker))
            {
                words.Add("👍");
                isUsable = true;
            }
            else if (Of(attachment) is { } read)
            {
                if (attachments.Count < MessageContent.MaxAttachments)
                {
                    attachments.Add(read);
                }
                words.Add(AttachmentWords.Placeholder(read.Kind));
                isUsable = true;
            }
            else
            {
                // A shared link, post, reel or product: its address is what there is to read.
                var url = attachment.Payload?.Url ?? attachment.Url;
                var title = attachment.Title ?? attachment.Payload?.Title;
                isUsable |= url is { Length: > 0 } || title is { Length: > 0 };
                words.Add(string.Join(' ', new[] { $"[{Meta.MetaWebhook.TypeName(attachment.Type).Replace('_', ' ')}]", title, url }.Where(s => !string.IsNullOrWhiteSpace(s))));
            }
        }
        return (attachments, string.Join(' ', words.Distinct()), isUsable);
    }

    private static ContentAttachment? Of(Attachment attachment)
    {
        var url = attachment.Payload?.Url;
        if (attachment is { Type: "location", Payload.Coordinates: { Lat: { } latitude and >= -90 and <= 90, Long: { } longitude and >= -180 and <= 180 } })
        {
            return new ContentAttachment { Kind = AttachmentKind.Location, Latitude = latitude, Longitude = longitude, Name = attachment.Title };
        }
        if (string.IsNullOrEmpty(url))
        {
            return null;
        }
        return attachment.Type switch
        {
            "image" when attachment.Payload!.StickerId is { } sticker => new ContentAttachment { Kind = AttachmentKind.Sticker, Url = url, Id = sticker.ToString(System.Globalization.CultureInfo.InvariantCulture) },
            "image" => new ContentAttachment { Kind = AttachmentKind.Image, Url = url, Name = NameOf(url) },
            // Messenger does not tell a recording from a file; files of sound are rare.
            "audio" => new ContentAttachment { Kind = AttachmentKind.Voice, Url = url, Name = NameOf(url) },
            "video" => new ContentAttachment { Kind = AttachmentKind.Video, Url = url, Name = NameOf(url) },
            "file" => new ContentAttachment { Kind = AttachmentKind.Document, Url = url, Name = NameOf(url) },
            _ => null,
        };
    }

    /// <summary>Messenger gives no name of its own; the address ends in one.</summary>
    private static string? NameOf(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var address) && Uri.UnescapeDataString(Path.GetFileName(address.AbsolutePath)).Replace('\0', '\uFFFD') is { Length: > 0 and <= 200 } name ? name : null;
}
