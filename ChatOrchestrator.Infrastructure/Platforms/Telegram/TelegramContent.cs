using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Infrastructure.Platforms.Telegram;

/// <summary>What a message carries beside its text.</summary>
internal static class TelegramContent
{
    private const int MaxMentions = 50;

    /// <summary>Null: nothing, as with most messages.</summary>
    public static MessageContent? Read(TelegramConnection connection, Message message)
    {
        var attachment = message.Text is null ? AttachmentOf(message) : null;
        var quote = QuoteOf(connection, message);
        var mentions = MentionsOf(connection, message);
        return attachment is null && quote is null && mentions.Count == 0
            ? null
            : new MessageContent
            {
                Attachments = attachment is null ? [] : [attachment],
                Quote = quote,
                Mentions = mentions,
                AlbumId = attachment is null ? null : message.MediaGroupId,
            };
    }

    /// <summary>A message has one. For old clients a venue is a location too, and an animation a document: the closer one counts.</summary>
    private static Attachment? AttachmentOf(Message message) => message switch
    {
        { Photo: { } sizes } => Largest(sizes) is { } photo
            ? new Attachment { Kind = AttachmentKind.Image, Id = photo.FileId, MimeType = "image/jpeg", Size = photo.FileSize }
            : null,
        { Voice: { } voice } => Of(AttachmentKind.Voice, voice, "audio/ogg"),
        { Audio: { } audio } => Of(AttachmentKind.Audio, audio, null, audio.FileName ?? Joined(" – ", audio.Performer, audio.Title)),
        { Animation: { } animation } => Of(AttachmentKind.Video, animation, "video/mp4"),
        { Video: { } video } => Of(AttachmentKind.Video, video, "video/mp4"),
        { VideoNote: { } note } => Of(AttachmentKind.Video, note, "video/mp4"),
        // A picture that was sent "as a file" is a picture all the same.
        { Document: { MimeType: "image/jpeg" or "image/png" or "image/webp" or "image/gif" } picture } => Of(AttachmentKind.Image, picture, null),
        { Document: { } document } => Of(AttachmentKind.Document, document, null),
        { Sticker: { } sticker } => new Attachment
        {
            Kind = AttachmentKind.Sticker,
            Id = sticker.FileId,
            MimeType = sticker.IsAnimated ? "application/x-tgsticker" : sticker.IsVideo ? "video/webm" : "image/webp",
            Size = sticker.FileSize,
            Name = sticker.Emoji,
        },
        { Venue: { Location: { } place } venue } => Of(place, Joined(", ", venue.Title, venue.Address)),
        { Location: { } place } => Of(place, null),
        { Contact: { } contact } => new Attachment
        {
            Kind = AttachmentKind.Contact,
            Name = Joined(" ", contact.FirstName, contact.LastName),
            PhoneNumber = contact.PhoneNumber,
        },
        _ => null,
    };

    private static Attachment Of(AttachmentKind kind, MediaFile file, string? mimeType, string? name = null) =>
        new() { Kind = kind, Id = file.FileId, MimeType = file.MimeType ?? mimeType, Size = file.FileSize, Name = name ?? file.FileName };

    private static Attachment? Of(Location place, string? name) =>
        place is { Latitude: { } latitude, Longitude: { } longitude } && double.IsFinite(latitude) && double.IsFinite(longitude)
            ? new Attachment { Kind = AttachmentKind.Location, Latitude = latitude, Longitude = longitude, Name = name }
            : null;

    private static PhotoSize? Largest(PhotoSize?[] sizes)
    {
        PhotoSize? largest = null;
        foreach (var size in sizes)
        {
            if (size?.FileId is not null && (largest is null || (double)size.Width * size.Height > (double)largest.Width * largest.Height))
            {
                largest = size;
            }
        }
        return largest;
    }

    private static Quote? QuoteOf(TelegramConnection connection, Message message) =>
        message is { ReplyToMessage: { MessageId: { } id } replied, Chat.Id: { } chatId } && !TelegramAddressing.IsTopicStart(message)
            ? new Quote(
                TelegramUpdateReader.MessageKey(chatId, id),
                message.Quote?.Text ?? replied.Text ?? replied.Caption,
                replied.From is { } author ? author.Id == connection.BotId : null)
            : null;

    private static List<Mention> MentionsOf(TelegramConnection connection, Message message)
    {
        var (text, entities) = message.Text is null ? (message.Caption, message.CaptionEntities) : (message.Text, message.Entities);
        if (text is null || entities is null)
        {
            return [];
        }
        List<Mention>? mentions = null;
        foreach (var entity in entities)
        {
            if (entity is { Type: "mention" or "text_mention" } && !TelegramAddressing.IsBot(connection, text, entity)
                && TelegramAddressing.TryRange(entity, text, out var range) && mentions is not { Count: >= MaxMentions })
            {
                var name = text[range];
                // Of somebody with a username Telegram tells that and not the id.
                var userId = entity is { Type: "text_mention", User: { } user } ? TelegramUpdateReader.Id(user.Id) : name;
                (mentions ??= []).Add(new Mention(userId, name));
            }
        }
        return mentions ?? [];
    }

    private static string? Joined(string separator, string? one, string? other) =>
        string.IsNullOrEmpty(one) ? other : string.IsNullOrEmpty(other) ? one : one + separator + other;
}
