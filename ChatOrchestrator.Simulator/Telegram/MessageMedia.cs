using System.Globalization;

namespace ChatOrchestrator.Simulator.Telegram;

/// <summary>https://core.telegram.org/bots/api#photosize</summary>
internal sealed record PhotoSize(string FileId, string FileUniqueId, int Width, int Height, long FileSize);

/// <summary>What documents, animations, audio, voice, video, video notes and stickers have in common.</summary>
internal sealed record MediaFile(string FileId, string FileUniqueId, long FileSize)
{
    public string? FileName { get; init; }

    public string? MimeType { get; init; }

    public int? Duration { get; init; }

    public int? Width { get; init; }

    public int? Height { get; init; }

    public int? Length { get; init; }

    public string? Type { get; init; }

    public string? Emoji { get; init; }

    public bool? IsAnimated { get; init; }

    public bool? IsVideo { get; init; }
}

/// <summary>https://core.telegram.org/bots/api#location</summary>
internal sealed record Location(double Latitude, double Longitude);

/// <summary>https://core.telegram.org/bots/api#venue</summary>
internal sealed record Venue(Location Location, string Title, string Address);

/// <summary>https://core.telegram.org/bots/api#contact</summary>
internal sealed record Contact(string PhoneNumber, string FirstName)
{
    public string? LastName { get; init; }

    public long? UserId { get; init; }
}

/// <summary>Puts files into messages.</summary>
internal static class MessageMedia
{
    /// <summary>The kinds that a message can hold.</summary>
    public static readonly string[] Kinds = ["photo", "document", "animation", "audio", "voice", "video", "video_note", "sticker"];

    public static Message With(this Message message, StoredFile file, string? emoji = null)
    {
        var unique = "AgAD" + file.Id[^8..];
        var (width, height) = MediaTypes.SizeOf(file.Bytes);
        var media = new MediaFile(file.Id, unique, file.Bytes.Length) { MimeType = file.MimeType };
        var moving = media with { FileName = file.Name, Duration = 3, Width = 1280, Height = 720 };
        return file.Kind switch
        {
            "photo" => message with { Photo = Sizes(file, unique, width, height) },
            "voice" => message with { Voice = media with { Duration = 3 } },
            "audio" => message with { Audio = media with { FileName = file.Name, Duration = 3 } },
            "video" => message with { Video = moving },
            "video_note" => message with { VideoNote = media with { MimeType = null, Duration = 3, Length = 384 } },
            // For old clients an animation is a document too.
            "animation" => message with { Animation = moving, Document = media with { FileName = file.Name } },
            "sticker" => message with
            {
                Sticker = media with { MimeType = null, Type = "regular", Width = 512, Height = 512, Emoji = emoji, IsAnimated = false, IsVideo = false },
            },
            _ => message with { Document = media with { FileName = file.Name } },
        };
    }

    /// <summary>The file of a message, by its id; null: it has none.</summary>
    public static (string Kind, string FileId)? FileOf(Message message) => message switch
    {
        { Photo: [.., var largest] } => ("photo", largest.FileId),
        { Animation: { } file } => ("animation", file.FileId),
        { Document: { } file } => ("document", file.FileId),
        { Audio: { } file } => ("audio", file.FileId),
        { Voice: { } file } => ("voice", file.FileId),
        { Video: { } file } => ("video", file.FileId),
        { VideoNote: { } file } => ("video_note", file.FileId),
        { Sticker: { } file } => ("sticker", file.FileId),
        _ => null,
    };

    /// <summary>Small ones first, as on the real server; here they are all the same file.</summary>
    private static List<PhotoSize> Sizes(StoredFile file, string unique, int width, int height)
    {
        List<PhotoSize> sizes = [];
        foreach (var longest in (int[])[90, 320])
        {
            if (longest < Math.Max(width, height))
            {
                var scale = (double)longest / Math.Max(width, height);
                sizes.Add(new PhotoSize(
                    file.Id, unique + longest.ToString(CultureInfo.InvariantCulture), Math.Max(1, (int)(width * scale)), Math.Max(1, (int)(height * scale)), file.Bytes.Length));
            }
        }

        sizes.Add(new PhotoSize(file.Id, unique, width, height, file.Bytes.Length));
        return sizes;
    }
}
