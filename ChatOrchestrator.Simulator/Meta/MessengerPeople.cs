using System.Text.Json.Nodes;
using ChatOrchestrator.Simulator.Telegram;

namespace ChatOrchestrator.Simulator.Meta;

/// <summary>What people do on Messenger, as the page's webhook hears of it. The caller holds <see cref="MetaNetwork.Sync"/>.</summary>
internal sealed class MessengerPeople(MetaNetwork network, MetaWebhooks webhooks)
{
    public const long AppId = 1517776481860111;

    public MetaMessage Write(MetaThread thread, string text, IReadOnlyList<MetaMedium> files, string? replyTo = null, string? quickReply = null)
    {
        if (text.Length == 0 && files.Count == 0)
        {
            throw new ControlException("A message says something or has a file.");
        }
        if (thread.IsBlocked)
        {
            throw new ControlException("The person has blocked this page.");
        }
        var now = network.Now;
        var shown = new MetaMessage(network.TakeMessageId(MetaProduct.Messenger), fromBot: false, now)
        {
            Text = text,
            Files = [.. files.Select(f => new MetaFile(f.Kind, network.UrlOf(f), f.Name))],
        };
        thread.Add(shown);
        thread.LastInboundAt = now;
        var message = new JsonObject { ["mid"] = shown.Id };
        if (text.Length > 0)
        {
            message["text"] = text;
        }
        if (quickReply is not null)
        {
            message["quick_reply"] = new JsonObject { ["payload"] = quickReply };
        }
        if (replyTo is not null)
        {
            message["reply_to"] = new JsonObject { ["mid"] = replyTo };
        }
        if (files.Count > 0)
        {
            message["attachments"] = new JsonArray([.. files.Select(f =>
                new JsonObject { ["type"] = f.Kind == "document" ? "file" : f.Kind, ["payload"] = new JsonObject { ["url"] = network.UrlOf(f) } })]);
        }
        Push(thread, "message", message);
        return shown;
    }

    public void Press(MetaThread thread, string messageId, string buttonId)
    {
        var button = thread.Find(messageId).Buttons.FirstOrDefault(b => b.Id == buttonId) ?? throw new ControlException("There is no such button.");
        if (button.IsReply)
        {
            Write(thread, button.Title, [], quickReply: button.Id);
            return;
        }
        var now = network.Now;
        var id = network.TakeMessageId(MetaProduct.Messenger);
        thread.Add(new MetaMessage(id, fromBot: false, now) { Text = button.Title });
        thread.LastInboundAt = now;
        Push(thread, "postback", new JsonObject { ["mid"] = id, ["title"] = button.Title, ["payload"] = button.Id });
    }

    public void React(MetaThread thread, string messageId, string emoji)
    {
        thread.Find(messageId);
        Push(thread, "reaction", emoji.Length == 0
            ? new JsonObject { ["action"] = "unreact", ["mid"] = messageId }
            : new JsonObject { ["reaction"] = "other", ["emoji"] = emoji, ["action"] = "react", ["mid"] = messageId });
    }

    public void Edit(MetaThread thread, string messageId, string text)
    {
        var message = thread.Find(messageId);
        message.Text = text;
        message.IsEdited = true;
        Push(thread, "message_edit", new JsonObject { ["mid"] = messageId, ["text"] = text, ["num_edit"] = 1 });
    }

    public void Delete(MetaThread thread, string messageId)
    {
        thread.Find(messageId).Text = "";
        Push(thread, "message", new JsonObject { ["mid"] = messageId, ["is_deleted"] = true });
    }

    public void Read(MetaThread thread)
    {
        foreach (var message in thread.Messages.Where(m => m.FromBot))
        {
            message.State = "read";
        }
        Push(thread, "read", new JsonObject { ["watermark"] = network.Now.ToUnixTimeMilliseconds() });
    }

    public void Echo(MetaThread thread, MetaMessage message)
    {
        var echo = new JsonObject { ["mid"] = message.Id, ["is_echo"] = true, ["app_id"] = AppId };
        if (message.Text.Length > 0)
        {
            echo["text"] = message.Text;
        }
        if (message.Reference is { } metadata)
        {
            echo["metadata"] = metadata;
        }
        Push(thread, "message", echo, fromPage: true);
    }

    public void Deliver(MetaThread thread, MetaMessage message) => Push(
        thread, "delivery", new JsonObject { ["mids"] = new JsonArray(message.Id), ["watermark"] = message.At.ToUnixTimeMilliseconds() });

    private void Push(MetaThread thread, string field, JsonObject value, bool fromPage = false)
    {
        var now = network.Now.ToUnixTimeMilliseconds();
        var (person, page) = (new JsonObject { ["id"] = thread.Person }, new JsonObject { ["id"] = thread.Account.Id });
        var item = new JsonObject { ["sender"] = fromPage ? page : person, ["recipient"] = fromPage ? person : page, ["timestamp"] = now, [field] = value };
        webhooks.Push(thread.Account, thread.Person, new JsonObject
        {
            ["object"] = "page",
            ["entry"] = new JsonArray(new JsonObject { ["id"] = thread.Account.Id, ["time"] = now, ["messaging"] = new JsonArray(item) }),
        });
    }
}
