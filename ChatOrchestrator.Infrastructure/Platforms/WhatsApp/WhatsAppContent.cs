using System.Globalization;
using ChatOrchestrator.Application.Turns;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Platforms.Meta;

namespace ChatOrchestrator.Infrastructure.Platforms.WhatsApp;

/// <summary>Reads what a message says and carries, by its type.</summary>
internal static class WhatsAppContent
{
    public static (string Text, MessageKind Kind, MessageContent? Content) Read(Message message)
    {
        var quote = message.Context?.Id is { Length: > 0 } quoted ? new Quote(quoted) : null;
        switch (message)
        {
            case { Type: "text", Text.Body: { } body }:
                return string.IsNullOrWhiteSpace(body)
                    ? ("[text]", MessageKind.Unsupported, null)
                    : (body, MetaCommands.KindOf(body), quote is null ? null : new MessageContent { Quote = quote });
            case { Type: "image", Image: { } image }:
                return Of(Media(AttachmentKind.Image, image), image.Caption);
            case { Type: "audio" or "voice", Audio: { } audio }:
                return Of(Media(audio.Voice ? AttachmentKind.Voice : AttachmentKind.Audio, audio), audio.Caption);
            case { Type: "video", Video: { } video }:
                return Of(Media(AttachmentKind.Video, video), video.Caption);
            case { Type: "document", Document: { } document }:
                return Of(Media(AttachmentKind.Document, document), document.Caption);
            case { Type: "sticker", Sticker: { } sticker }:
                return Of(Media(AttachmentKind.Sticker, sticker), null);
            case { Type: "location", Location: { Latitude: { } latitude and >= -90 and <= 90, Longitude: { } longitude and >= -180 and <= 180 } place }:
                var name = string.Join(", ", new[] { place.Name, place.Address }.Where(s => !string.IsNullOrWhiteSpace(s)));
                return Of([new Attachment { Kind = AttachmentKind.Location, Latitude = latitude, Longitude = longitude, Name = name.Length > 0 ? name : null }], null);
            case { Type: "contacts", Contacts: { Length: > 0 } cards }:
                return Of([.. cards.OfType<ContactCard>().Select(Contact).Take(MessageContent.MaxAttachments)], null);
            case { Type: "button", Button: { } button }:
                return Press(button.Payload ?? button.Text, button.Text);
            case { Type: "interactive", Interactive: { ButtonReply: { } reply } }:
                return Press(reply.Id ?? reply.Title, reply.Title);
            case { Type: "interactive", Interactive: { ListReply: { } reply } }:
                return Press(reply.Id ?? reply.Title, reply.Title);
            case { Type: "interactive", Interactive: { NfmReply: { ResponseJson: { Length: > 0 } form } } }:
                return ($"[form: {form}]", MessageKind.Text, null);
            case { Type: "order", Order: { } order }:
                return (OrderWords(order), MessageKind.Text, null);
            default:
                return ($"[{MetaWebhook.TypeName(message.Type).Replace('_', ' ')}]", MessageKind.Unsupported, null);
        }

        (string, MessageKind, MessageContent?) Of(IReadOnlyList<Attachment> attachments, string? caption) => attachments.Count == 0
            ? ($"[{message.Type}]", MessageKind.Unsupported, null)
            : (string.IsNullOrWhiteSpace(caption) ? AttachmentWords.Placeholder(attachments[0].Kind) : caption, MessageKind.Text, new MessageContent { Attachments = attachments, Quote = quote });

        // What is quoted with a button is the message that it stood under: no reply of the person's own.
        static (string, MessageKind, MessageContent?) Press(string? payload, string? label) =>
            (string.IsNullOrWhiteSpace(label) ? payload is { Length: > 0 } ? payload : "[button]" : label, MessageKind.ButtonPress, new MessageContent { Button = new ButtonPress(payload ?? "", label) });
    }

    private static Attachment[] Media(AttachmentKind kind, MediaObject media) => media.Id is { Length: > 0 and <= 512 } id
        ? [new Attachment { Kind = kind, Id = id, MimeType = media.MimeType, Name = media.Filename }]
        : [];

    private static Attachment Contact(ContactCard card)
    {
        var phone = card.Phones?.FirstOrDefault(p => p is not null);
        return new Attachment { Kind = AttachmentKind.Contact, Name = card.Name?.FormattedName, PhoneNumber = phone?.Phone ?? phone?.WaId };
    }

    private static string OrderWords(Order order)
    {
        var items = (order.ProductItems ?? []).OfType<ProductItem>()
            .Select(i => string.Create(CultureInfo.InvariantCulture, $"{i.Quantity ?? 1} × {i.ProductRetailerId} at {i.ItemPrice ?? 0} {i.Currency}"));
        var words = $"[order: {string.Join(", ", items)}]";
        return string.IsNullOrWhiteSpace(order.Text) ? words : $"{order.Text}\n{words}";
    }
}
