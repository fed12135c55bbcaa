using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Platforms.Meta;

namespace ChatOrchestrator.Infrastructure.Platforms.WhatsApp;

/// <summary>
/// Reads a batch: every entry, every change, every message and status. An element that cannot be read is kept as an ignored
/// event, the others are none the worse for it. A message is known by its <c>wamid</c>; a chat is a group, or a person by phone
/// number where they show one, by business-scoped user id otherwise.
/// </summary>
internal sealed class WhatsAppReader(string? phoneNumberId, WhatsAppGroups groups)
{
    /// <summary>No id of Meta's is longer; what is, is not one, and would not fit into an index.</summary>
    private const int MaxId = 512;

    /// <summary>Hears of every message's id, for the typing indicator.</summary>
    public Action<string, string>? Received { get; init; }

    /// <exception cref="MalformedPayloadException">Not a JSON object with <c>object: whatsapp_business_account</c> and entries.</exception>
    public IReadOnlyList<InboundEvent> Read(ReadOnlyMemory<byte> body)
    {
        using var document = MetaWebhook.Open(body, "whatsapp_business_account");
        var events = new List<InboundEvent>();
        foreach (var entry in document.RootElement.GetProperty("entry").EnumerateArray())
        {
            try
            {
                if (MetaWebhook.ArrayOf(entry, "changes") is not { } changes || changes.GetArrayLength() == 0)
                {
                    events.Add(MetaWebhook.Ignored(entry, "empty_entry"));
                    continue;
                }
                foreach (var change in changes.EnumerateArray())
                {
                    ReadChange(change, events);
                }
            }
            catch (Exception e) when (MetaWebhook.IsUnreadable(e))
            {
                events.Add(MetaWebhook.Unreadable(entry));
            }
        }
        return events;
    }

    private void ReadChange(JsonElement change, List<InboundEvent> events)
    {
        var field = MetaWebhook.TextOf(change, "field");
        if (field is not ("messages" or "group_participants_update") || !change.TryGetProperty("value", out var value) || value.ValueKind != JsonValueKind.Object)
        {
            events.Add(MetaWebhook.Ignored(change, field ?? "unknown"));
            return;
        }
        // An app hears of every number of its business accounts; each connection is one number.
        if (phoneNumberId is not null && value.TryGetProperty("metadata", out var metadata)
            && MetaWebhook.TextOf(metadata, "phone_number_id") is { } number && number != phoneNumberId)
        {
            events.Add(MetaWebhook.Ignored(change, "other_number"));
            return;
        }
        var before = events.Count;
        var contacts = ReadContacts(value);
        foreach (var element in Elements(value, "groups"))
        {
            events.AddRange(WhatsAppGroups.Read(element));
        }
        foreach (var element in Elements(value, "messages"))
        {
            events.Add(Parse(element, WhatsAppJson.Default.Message) is { } message ? ReadMessage(element, message, contacts, NumberOf(value)) : MetaWebhook.Unreadable(element));
        }
        foreach (var element in Elements(value, "statuses"))
        {
            events.Add(Parse(element, WhatsAppJson.Default.Status) is { } status ? ReadStatus(element, status) : MetaWebhook.Unreadable(element));
        }
        if (events.Count == before)
        {
            events.Add(MetaWebhook.Ignored(change, field != "messages" ? field : MetaWebhook.ArrayOf(value, "errors") is null ? "empty_change" : "errors"));
        }
    }

    /// <summary>The bot's own number, as mentions and replies name it.</summary>
    private static string? NumberOf(JsonElement value) =>
        value.TryGetProperty("metadata", out var metadata) && MetaWebhook.TextOf(metadata, "display_phone_number") is { } number
            && string.Concat(number.Where(char.IsAsciiDigit)) is { Length: > 0 } digits ? digits : null;

    private static JsonElement.ArrayEnumerator Elements(JsonElement value, string name) =>
        MetaWebhook.ArrayOf(value, name) is { } array ? array.EnumerateArray() : default;

    private static T? Parse<T>(JsonElement element, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return element.Deserialize(type);
        }
        catch (Exception e) when (MetaWebhook.IsUnreadable(e))
        {
            return null;
        }
    }

    private static List<Contact> ReadContacts(JsonElement value)
    {
        var contacts = new List<Contact>();
        foreach (var element in Elements(value, "contacts"))
        {
            if (Parse(element, WhatsAppJson.Default.Contact) is { } contact)
            {
                contacts.Add(contact);
            }
        }
        return contacts;
    }

    private InboundEvent ReadMessage(JsonElement element, Message message, List<Contact> contacts, string? own)
    {
        if (message.Id is not { Length: > 0 and <= MaxId } id || UserOf(message, contacts) is not { } user)
        {
            return MetaWebhook.Unreadable(element);
        }
        var group = message.GroupId is { Length: > 0 } given ? given : null;
        if (group is not null && (!WhatsAppRecipient.IsGroup(group) || message.Type == "system"))
        {
            return MetaWebhook.Ignored(element, "group_message");
        }
        var chat = group ?? user;
        switch (message)
        {
            case { Type: "reaction", Reaction: { MessageId.Length: > 0 and <= MaxId } reaction }:
                return new InboundReaction
                {
                    PlatformId = id,
                    Chat = new(chat),
                    ReactedPlatformId = reaction.MessageId,
                    Reaction = reaction.Emoji ?? "",
                    Removed = string.IsNullOrEmpty(reaction.Emoji),
                };
            case { Type: "revoke", Revoke.OriginalMessageId: { Length: > 0 and <= MaxId } original }:
                return new InboundDeletion { PlatformId = id, DeletedPlatformId = original };
            case { Type: "edit", Edit: { OriginalMessageId: { Length: > 0 and <= MaxId } original, Message: { } edited } }:
                var (text, _, _) = WhatsAppContent.Read(edited);
                return new InboundEdit { PlatformId = id, EditedPlatformId = original, Text = text };
            case { Type: "system", SystemChange: { } change }:
                return change is { Type: "user_changed_number" or "customer_changed_number", WaId: var to, NewWaId: var newTo } && (to ?? newTo) is { Length: > 0 } number && number != user
                    ? new ChatMigrated { PlatformId = id, FromChatId = user, ToChatId = number }
                    : change is { Type: "user_changed_user_id", UserId: { Length: > 0 } newId } && message.FromUserId is { Length: > 0 } old && old != newId
                    ? new ChatMigrated { PlatformId = id, FromChatId = old, ToChatId = newId }
                    : new IgnoredEvent { PlatformId = id, Type = "system" };
            case { Type: "request_welcome" or "request_contact" or "reaction" or "system" or "revoke" or "edit" }:
                return new IgnoredEvent { PlatformId = id, Type = message.Type };
        }
        var (words, kind, content) = WhatsAppContent.Read(message);
        if (group is null)
        {
            Received?.Invoke(user, id);
        }
        else
        {
            (kind, words) = groups.Resolve(message, kind, words, own);
        }
        var contact = contacts.Find(c => c.WaId == user || c.UserId == user) ?? (contacts.Count == 1 ? contacts[0] : null);
        return new InboundMessage
        {
            PlatformId = id,
            Chat = new(chat),
            IsGroup = group is not null,
            ChatTitle = group is null ? contact?.Profile?.Name : null,
            Author = new InboundAuthor(user, contact?.Profile?.Name, contact?.Profile?.Username?.TrimStart('@')),
            Kind = kind,
            Text = words,
            Content = content,
            SentAt = message.Timestamp is > 0 and <= 253_402_300_799 ? DateTimeOffset.FromUnixTimeSeconds(message.Timestamp) : null,
        };
    }

    private static string? UserOf(Message message, List<Contact> contacts) =>
        new[] { message.From, message.FromUserId, contacts.Count == 1 ? contacts[0].WaId ?? contacts[0].UserId : null }.FirstOrDefault(u => u is { Length: > 0 and <= MaxId });

    private static InboundEvent ReadStatus(JsonElement element, Status status)
    {
        if (status.Id is not { Length: > 0 and <= MaxId } id)
        {
            return MetaWebhook.Unreadable(element);
        }
        var key = $"{id}:{MetaWebhook.TypeName(status.Name)}";
        PartState? state = status.Name switch
        {
            "sent" => PartState.Sent,
            "delivered" => PartState.Delivered,
            "read" or "played" => PartState.Read,
            "failed" => PartState.Failed,
            _ => null,
        };
        // What one of a group did not get, the others may have.
        var isOfOne = status.RecipientParticipantId ?? status.RecipientParticipantUserId;
        if (state is not { } reached || (reached == PartState.Failed && isOfOne is not null))
        {
            return new IgnoredEvent { PlatformId = key, Type = "status" };
        }
        var chat = new[] { status.RecipientId, status.RecipientUserId }.FirstOrDefault(r => r is { Length: > 0 and <= MaxId }) ?? "";
        return new DeliveryReceipt
        {
            PlatformId = key,
            Chat = new(chat),
            PartPlatformId = id,
            State = reached,
            Reference = PartReference.TryParse(status.BizOpaqueCallbackData, out var reference) ? reference : null,
            Error = reached == PartState.Failed ? MetaRefusal.ReasonOf(status.Errors is [{ } error, ..] ? error.Code : 131000) : null,
        };
    }
}
