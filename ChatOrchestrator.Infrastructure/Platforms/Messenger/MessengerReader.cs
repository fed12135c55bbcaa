using System.Globalization;
using System.Text;
using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Platforms.Meta;

namespace ChatOrchestrator.Infrastructure.Platforms.Messenger;

/// <summary>
/// Reads a batch: every entry, every element of <c>messaging</c>. An element that cannot be read is kept as an ignored event,
/// the others are none the worse for it. A message is known by its <c>mid</c>.
/// </summary>
internal static class MessengerReader
{
    /// <summary>The payload of the button with which a person begins, as Meta's examples have it.</summary>
    private const string GetStarted = "GET_STARTED";

    /// <exception cref="MalformedPayloadException">Not a JSON object with <c>object: page</c> and entries.</exception>
    public static IReadOnlyList<InboundEvent> Read(ReadOnlyMemory<byte> body)
    {
        using var document = MetaWebhook.Open(body, "page");
        var events = new List<InboundEvent>();
        foreach (var entry in document.RootElement.GetProperty("entry").EnumerateArray())
        {
            try
            {
                ReadEntry(entry, events);
            }
            catch (Exception e) when (MetaWebhook.IsUnreadable(e))
            {
                events.Add(MetaWebhook.Unreadable(entry));
            }
        }
        return events;
    }

    private static void ReadEntry(JsonElement entry, List<InboundEvent> events)
    {
        var before = events.Count;
        if (MetaWebhook.ArrayOf(entry, "messaging") is { } messaging)
        {
            foreach (var item in messaging.EnumerateArray())
            {
                ReadItem(item, events);
            }
        }
        // While another app has the conversation, we only stand by.
        if (MetaWebhook.ArrayOf(entry, "standby") is { } standby)
        {
            foreach (var item in standby.EnumerateArray())
            {
                events.Add(MetaWebhook.Ignored(item, "standby"));
            }
        }
        if (MetaWebhook.ArrayOf(entry, "changes") is { } changes)
        {
            foreach (var change in changes.EnumerateArray())
            {
                events.Add(MetaWebhook.Ignored(change, MetaWebhook.TextOf(change, "field") ?? "unknown"));
            }
        }
        if (events.Count == before)
        {
            events.Add(MetaWebhook.Ignored(entry, "empty_entry"));
        }
    }

    private static void ReadItem(JsonElement element, List<InboundEvent> events)
    {
        MessagingItem? item;
        try
        {
            item = element.Deserialize(MessengerJson.Default.MessagingItem);
        }
        catch (Exception e) when (MetaWebhook.IsUnreadable(e))
        {
            item = null;
        }
        if (item is null)
        {
            events.Add(MetaWebhook.Unreadable(element));
            return;
        }
        switch (item)
        {
            case { Message: { Mid.Length: > 0, IsEcho: true } echo }:
                events.Add(ReadEcho(element, item, echo));
                break;
            case { Message: { Mid.Length: > 0 and <= MaxId, IsDeleted: true } deleted }:
                events.Add(new InboundDeletion { PlatformId = $"deleted:{deleted.Mid}", DeletedPlatformId = deleted.Mid });
                break;
            case { Message: { Mid.Length: > 0 and <= MaxId } message, Sender.Id.Length: > 0 and <= MaxId }:
                events.Add(ReadMessage(element, item, message));
                break;
            case { Postback: { } postback, Sender.Id.Length: > 0 and <= MaxId }:
                events.Add(ReadPostback(item, postback));
                break;
            case { MessageEdit: { Mid.Length: > 0 and <= MaxId, Text: { } text } edit }:
                events.Add(new InboundEdit { PlatformId = $"edit:{edit.Mid}:{MetaWebhook.Hash(Encoding.UTF8.GetBytes($"{edit.NumEdit}:{text}"))}", EditedPlatformId = edit.Mid, Text = text });
                break;
            case { Reaction: { Mid.Length: > 0 and <= MaxId } reaction, Sender.Id.Length: > 0 and <= MaxId }:
                events.Add(ReadReaction(element, item, reaction));
                break;
            case { Delivery: { } delivery, Sender.Id.Length: > 0 and <= MaxId }:
                ReadDelivery(item, delivery, events);
                break;
            case { Read: { } read, Sender.Id.Length: > 0 and <= MaxId }:
                events.Add(Watermark(item, "read", PartState.Read, read.Watermark));
                break;
            default:
                events.Add(MetaWebhook.Ignored(element, MetaWebhook.FirstFieldBeside(element, "sender", "recipient", "timestamp")));
                break;
        }
    }

    /// <summary>No id of Meta's is longer; what is, is not one, and would not fit into an index.</summary>
    private const int MaxId = 512;

    /// <summary>Our own message comes back with what we sent it with; one without was written by a person or another app in the page's name.</summary>
    private static InboundEvent ReadEcho(JsonElement element, MessagingItem item, Message echo) =>
        PartReference.TryParse(echo.Metadata, out var reference) && item.Recipient?.Id is { Length: > 0 } chat
            ? new DeliveryReceipt { PlatformId = $"echo:{echo.Mid}", Chat = new(chat), PartPlatformId = echo.Mid!, State = PartState.Sent, Reference = reference }
            : MetaWebhook.Ignored(element, "page_echo");

    private static InboundEvent ReadMessage(JsonElement element, MessagingItem item, Message message)
    {
        var (attachments, words, isUsable) = MessengerAttachments.Read(message);
        var text = string.IsNullOrWhiteSpace(message.Text) ? words : message.Text;
        if (text.Length == 0)
        {
            return MetaWebhook.Ignored(element, "empty_message");
        }
        var button = message.QuickReply?.Payload is { } payload ? new ButtonPress(payload, message.Text) : null;
        var quote = message.ReplyTo?.Mid is { Length: > 0 } quoted ? new Quote(quoted) : null;
        return new InboundMessage
        {
            PlatformId = message.Mid!,
            Chat = new(item.Sender!.Id!),
            Author = new(item.Sender.Id!),
            Kind = button is not null ? MessageKind.ButtonPress
                : !string.IsNullOrWhiteSpace(message.Text) ? MetaCommands.KindOf(message.Text)
                : isUsable ? MessageKind.Text
                : MessageKind.Unsupported,
            Text = text,
            Content = attachments.Count == 0 && button is null && quote is null ? null : new MessageContent { Attachments = attachments, Button = button, Quote = quote },
            SentAt = TimeOf(item.Timestamp),
        };
    }

    private static InboundMessage ReadPostback(MessagingItem item, Postback postback)
    {
        var payload = postback.Payload ?? postback.Title ?? "";
        var command = payload == GetStarted ? "/start" : MetaCommands.KindOf(payload) == MessageKind.Command ? payload : null;
        var chat = item.Sender!.Id!;
        return new InboundMessage
        {
            PlatformId = postback.Mid is { Length: > 0 and <= MaxId } mid ? mid : $"postback:{chat}:{Id(item.Timestamp)}:{MetaWebhook.Hash(Encoding.UTF8.GetBytes(payload))}",
            Chat = new(chat),
            Author = new(chat),
            Kind = command is null ? MessageKind.ButtonPress : MessageKind.Command,
            Text = command ?? (string.IsNullOrWhiteSpace(postback.Title) ? payload is { Length: > 0 } ? payload : "[button]" : postback.Title),
            Content = command is null ? new MessageContent { Button = new ButtonPress(payload, postback.Title) } : null,
            SentAt = TimeOf(item.Timestamp),
        };
    }

    private static InboundEvent ReadReaction(JsonElement element, MessagingItem item, Reaction reaction) =>
        (reaction.Emoji ?? reaction.Name ?? (reaction.Action == "unreact" ? "" : null)) is { Length: <= 64 } emoji
            ? new InboundReaction
            {
                PlatformId = $"reaction:{item.Sender!.Id}:{Id(item.Timestamp)}:{MetaWebhook.Hash(Encoding.UTF8.GetBytes($"{reaction.Mid}:{reaction.Action}:{emoji}"))}",
                Chat = new(item.Sender.Id!),
                ReactedPlatformId = reaction.Mid!,
                Reaction = emoji,
                Removed = reaction.Action == "unreact",
            }
            : MetaWebhook.Ignored(element, "reaction");

    private static void ReadDelivery(MessagingItem item, Delivery delivery, List<InboundEvent> events)
    {
        var before = events.Count;
        foreach (var mid in delivery.Mids ?? [])
        {
            if (mid is { Length: > 0 and <= MaxId })
            {
                events.Add(new DeliveryReceipt { PlatformId = $"delivered:{mid}", Chat = new(item.Sender!.Id!), PartPlatformId = mid, State = PartState.Delivered });
            }
        }
        if (delivery.Watermark > 0 || events.Count == before)
        {
            events.Add(Watermark(item, "delivery", PartState.Delivered, delivery.Watermark));
        }
    }

    private static InboundEvent Watermark(MessagingItem item, string kind, PartState state, long through)
    {
        var id = $"{kind}:{item.Sender!.Id}:{Id(through)}";
        return TimeOf(through) is { } time
            ? new DeliveryWatermark { PlatformId = id, Chat = new(item.Sender.Id!), State = state, Through = time }
            : new IgnoredEvent { PlatformId = id, Type = kind };
    }

    private static DateTimeOffset? TimeOf(long unixMilliseconds) =>
        unixMilliseconds is > 0 and <= 253_402_300_799_000 ? DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds) : null;

    private static string Id(long number) => number.ToString(CultureInfo.InvariantCulture);
}
