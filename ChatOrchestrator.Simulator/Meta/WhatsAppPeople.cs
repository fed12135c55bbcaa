using System.Text.Json.Nodes;
using ChatOrchestrator.Simulator.Telegram;

namespace ChatOrchestrator.Simulator.Meta;

/// <summary>What people do on WhatsApp, as the number's webhook hears of it. The caller holds <see cref="MetaNetwork.Sync"/>.</summary>
internal sealed class WhatsAppPeople(MetaNetwork network, MetaWebhooks webhooks)
{
    public MetaMessage Write(MetaThread thread, string text, IReadOnlyList<MetaMedium> files, string? replyTo = null)
    {
        if (thread.IsBlocked)
        {
            throw new ControlException("The person has blocked this number.");
        }
        if (files.Count == 0)
        {
            return text.Length == 0
                ? throw new ControlException("A message says something or has a file.")
                : Say(thread, text, "text", new JsonObject { ["body"] = text }, [], replyTo);
        }
        MetaMessage? last = null;
        // Every file is a message; what is written goes with the first.
        for (var i = 0; i < files.Count; i++)
        {
            var file = files[i];
            var caption = i == 0 ? text : "";
            var content = new JsonObject { ["mime_type"] = file.MimeType, ["sha256"] = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(file.Bytes)), ["id"] = file.Id };
            if (file.Kind == "audio")
            {
                content["voice"] = file.MimeType.StartsWith("audio/ogg", StringComparison.Ordinal) || file.MimeType.StartsWith("audio/webm", StringComparison.Ordinal);
            }
            else if (caption.Length > 0)
            {
                content["caption"] = caption;
            }
            if (file.Kind == "document")
            {
                content["filename"] = file.Name;
            }
            last = Say(thread, caption, file.Kind, content, [new MetaFile(file.Kind, network.UrlOf(file), file.Name)], replyTo);
        }
        return last!;
    }

    public void Press(MetaThread thread, string messageId, string buttonId)
    {
        var button = thread.Find(messageId).Buttons.FirstOrDefault(b => b.Id == buttonId) ?? throw new ControlException("There is no such button.");
        var type = button.IsReply ? "list_reply" : "button_reply";
        Say(thread, button.Title, "interactive", new JsonObject { ["type"] = type, [type] = new JsonObject { ["id"] = button.Id, ["title"] = button.Title } }, [], messageId);
    }

    public void React(MetaThread thread, string messageId, string emoji)
    {
        thread.Find(messageId);
        PushMessage(thread, network.TakeMessageId(MetaProduct.WhatsApp), "reaction",
            emoji.Length == 0 ? new JsonObject { ["message_id"] = messageId } : new JsonObject { ["message_id"] = messageId, ["emoji"] = emoji }, null);
    }

    public void Edit(MetaThread thread, string messageId, string text)
    {
        var message = thread.Find(messageId);
        message.Text = text;
        message.IsEdited = true;
        PushMessage(thread, network.TakeMessageId(MetaProduct.WhatsApp), "edit", new JsonObject
        {
            ["original_message_id"] = messageId,
            ["message"] = new JsonObject { ["type"] = "text", ["text"] = new JsonObject { ["body"] = text } },
        }, null);
    }

    public void Delete(MetaThread thread, string messageId)
    {
        thread.Find(messageId).Text = "";
        PushMessage(thread, network.TakeMessageId(MetaProduct.WhatsApp), "revoke", new JsonObject { ["original_message_id"] = messageId }, null);
    }

    public void Read(MetaThread thread)
    {
        foreach (var message in thread.Messages.Where(m => m.FromBot && m.State != "read"))
        {
            message.State = "read";
            Status(thread, message);
        }
    }

    /// <summary>The bot has seen a message, and may type.</summary>
    /// <returns>Who wrote it.</returns>
    public string? MarkRead(MetaAccount number, string messageId, bool types)
    {
        foreach (var thread in network.ThreadsOf(number))
        {
            // Messages of groups cannot be marked as read.
            if (!thread.IsGroup && thread.Messages.FirstOrDefault(m => m.Id == messageId) is { } message)
            {
                message.State = "read";
                thread.TypingUntil = types ? network.Now.AddSeconds(25) : thread.TypingUntil;
                return thread.Person;
            }
        }
        throw new GraphException(400, 131009, "(#131009) Parameter value is not valid: message_id");
    }

    public void Status(MetaThread thread, MetaMessage message, int? error = null)
    {
        var status = new JsonObject { ["id"] = message.Id, ["status"] = message.State, ["timestamp"] = Seconds() };
        if (thread.IsGroup)
        {
            (status["recipient_id"], status["recipient_type"]) = (thread.Person, "group");
            if (message.State is "delivered" or "read")
            {
                status["recipient_participant_id"] = thread.Speaker;
            }
        }
        else
        {
            status[IsNumber(thread.Person) ? "recipient_id" : "recipient_user_id"] = thread.Person;
        }
        if (message.Reference is { } reference)
        {
            status["biz_opaque_callback_data"] = reference;
        }
        if (error is { } code)
        {
            status["errors"] = new JsonArray(new JsonObject { ["code"] = code, ["title"] = "A failure", ["message"] = "A failure" });
        }
        Push(thread, "statuses", status);
    }

    private MetaMessage Say(MetaThread thread, string text, string type, JsonObject content, IReadOnlyList<MetaFile> files, string? replyTo)
    {
        var message = new MetaMessage(network.TakeMessageId(MetaProduct.WhatsApp), fromBot: false, network.Now) { Text = text, Files = files };
        thread.Add(message);
        thread.LastInboundAt = message.At;
        PushMessage(thread, message.Id, type, content, replyTo);
        return message;
    }

    private void PushMessage(MetaThread thread, string id, string type, JsonObject content, string? replyTo)
    {
        var message = new JsonObject { ["id"] = id, ["timestamp"] = Seconds(), ["type"] = type, [type] = content };
        var who = thread.Speaker ?? thread.Person;
        message[IsNumber(who) ? "from" : "from_user_id"] = who;
        if (thread.IsGroup)
        {
            message["group_id"] = thread.Person;
        }
        if (replyTo is not null)
        {
            message["context"] = new JsonObject { ["from"] = thread.Account.DisplayPhoneNumber, ["id"] = replyTo };
        }
        var contact = new JsonObject { ["profile"] = new JsonObject { ["name"] = thread.Name } };
        contact[IsNumber(who) ? "wa_id" : "user_id"] = who;
        Push(thread, "messages", message, contact);
    }

    private void Push(MetaThread thread, string field, JsonObject element, JsonObject? contact = null)
    {
        var value = new JsonObject
        {
            ["messaging_product"] = "whatsapp",
            ["metadata"] = new JsonObject { ["display_phone_number"] = thread.Account.DisplayPhoneNumber, ["phone_number_id"] = thread.Account.Id },
        };
        if (contact is not null)
        {
            value["contacts"] = new JsonArray(contact);
        }
        value[field] = new JsonArray(element);
        webhooks.Push(thread.Account, thread.Person, new JsonObject
        {
            ["object"] = "whatsapp_business_account",
            ["entry"] = new JsonArray(new JsonObject { ["id"] = "8856996819413533", ["changes"] = new JsonArray(new JsonObject { ["value"] = value, ["field"] = "messages" }) }),
        });
    }

    private static bool IsNumber(string person) => person.All(char.IsAsciiDigit);

    private string Seconds() => network.Now.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
}
