using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.Discord;

/// <summary>Creating, changing and deleting messages, with Discord's own refusals. Called with the network's lock held.</summary>
internal sealed class DiscordMessages(DiscordNetwork network)
{
    private const int MaxContent = 2000;
    private const int MaxNonce = 25;
    private const int MaxEmbeds = 10;
    private const int Loading = 128;

    private static readonly TimeSpan NonceLifetime = TimeSpan.FromMinutes(5);

    /// <summary>https://discord.com/developers/docs/resources/message#create-message</summary>
    public DiscordMessage Create(DiscordBot bot, DiscordChannel channel, JsonObject body, JsonArray attachments, string? webhookId = null)
    {
        if (channel.IsClosed && webhookId is null)
        {
            throw new DiscordException(403, 50007, "Cannot send messages to this user");
        }
        var nonce = body["nonce"]?.ToString();
        if (nonce?.Length > MaxNonce)
        {
            throw DiscordException.InvalidForm("nonce", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.");
        }
        if (nonce is not null && body["enforce_nonce"]?.GetValue<bool>() == true
            && channel.Messages.Find(m => m.Nonce == nonce && m.Author.Id == bot.Id && network.Now - m.Timestamp < NonceLifetime) is { } before)
        {
            return before;
        }
        var message = new DiscordMessage
        {
            Id = network.NewId(),
            ChannelId = channel.Id,
            Author = bot.User,
            Timestamp = network.Now,
            Nonce = nonce,
            WebhookId = webhookId,
            ReplyTo = body["message_reference"]?["message_id"]?.ToString(),
            Attachments = attachments,
        };
        Apply(message, body, attachments.Count > 0);
        channel.TypingUntil = default;
        Add(channel, message);
        return message;
    }

    /// <summary>A message that will be written later: "is thinking…".</summary>
    public DiscordMessage Defer(DiscordBot bot, DiscordChannel channel)
    {
        var message = new DiscordMessage
        {
            Id = network.NewId(),
            ChannelId = channel.Id,
            Author = bot.User,
            Timestamp = network.Now,
            WebhookId = bot.ApplicationId,
            Type = 20,
            Flags = Loading,
        };
        Add(channel, message);
        return message;
    }

    public void Edit(DiscordChannel channel, DiscordMessage message, JsonObject body)
    {
        Apply(message, body, message.Attachments.Count > 0);
        if ((message.Flags & Loading) != 0)
        {
            message.Flags &= ~Loading;
        }
        else
        {
            message.EditedTimestamp = network.Now;
        }
        network.Dispatch(channel, "MESSAGE_UPDATE", DiscordIntents.Messages(channel), _ => network.Wire(message, channel, dispatched: true));
    }

    public void Delete(DiscordChannel channel, DiscordMessage message)
    {
        channel.Messages.Remove(message);
        network.Dispatch(channel, "MESSAGE_DELETE", DiscordIntents.Messages(channel), _ => WithGuild(channel, new JsonObject { ["id"] = message.Id, ["channel_id"] = channel.Id }));
    }

    public void Add(DiscordChannel channel, DiscordMessage message)
    {
        channel.Messages.Add(message);
        if (channel.Messages.Count > DiscordChannel.MaxMessages)
        {
            channel.Messages.RemoveAt(0);
        }
        network.Dispatch(channel, "MESSAGE_CREATE", DiscordIntents.Messages(channel), _ => network.Wire(message, channel, dispatched: true));
    }

    public void React(DiscordChannel channel, DiscordMessage message, DiscordUser user, string emoji, bool remove)
    {
        if (remove ? !message.Reactions.Remove((emoji, user.Id)) : message.Reactions.Contains((emoji, user.Id)))
        {
            return;
        }
        if (!remove)
        {
            message.Reactions.Add((emoji, user.Id));
        }
        network.Dispatch(channel, remove ? "MESSAGE_REACTION_REMOVE" : "MESSAGE_REACTION_ADD", DiscordIntents.Reactions(channel), _ => WithGuild(channel, new JsonObject
        {
            ["user_id"] = user.Id,
            ["channel_id"] = channel.Id,
            ["message_id"] = message.Id,
            ["emoji"] = DiscordWire.Emoji(emoji),
            ["burst"] = false,
            ["type"] = 0,
            ["message_author_id"] = message.Author.Id,
        }));
    }

    private static JsonObject WithGuild(DiscordChannel channel, JsonObject data)
    {
        data["channel_type"] = channel.Type;
        if (channel.GuildId is not null)
        {
            data["guild_id"] = channel.GuildId;
        }
        return data;
    }

    private static void Apply(DiscordMessage message, JsonObject body, bool hasFiles)
    {
        var content = body.ContainsKey("content") ? body["content"]?.ToString() ?? "" : message.Content;
        if (content.EnumerateRunes().Count() > MaxContent)
        {
            throw DiscordException.InvalidForm("content", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 2000 in length.");
        }
        var embeds = body["embeds"] is JsonArray givenEmbeds ? (JsonArray)givenEmbeds.DeepClone() : message.Embeds;
        var components = body["components"] is JsonArray givenComponents ? (JsonArray)givenComponents.DeepClone() : message.Components;
        if (embeds.Count > MaxEmbeds)
        {
            throw DiscordException.InvalidForm("embeds", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.");
        }
        CheckComponents(components);
        if (string.IsNullOrWhiteSpace(content) && embeds.Count == 0 && components.Count == 0 && !hasFiles)
        {
            throw new DiscordException(400, 50006, "Cannot send an empty message");
        }
        (message.Content, message.Embeds, message.Components) = (content.Trim(), embeds, components);
    }

    private static void CheckComponents(JsonArray components)
    {
        var ids = new HashSet<string>();
        if (components.Count > 5)
        {
            throw DiscordException.InvalidForm("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.");
        }
        foreach (var row in components)
        {
            if (row?["type"]?.ToString() != "1" || row["components"] is not JsonArray { Count: > 0 and <= 5 } buttons)
            {
                throw DiscordException.InvalidForm("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.");
            }
            foreach (var button in buttons)
            {
                var (label, customId, url) = (button?["label"]?.ToString(), button?["custom_id"]?.ToString(), button?["url"]?.ToString());
                var isLink = button?["style"]?.ToString() == "5";
                if (button?["type"]?.ToString() != "2" || label is null or { Length: 0 or > 80 }
                    || (isLink ? url is null or { Length: > 512 } : customId is null or { Length: 0 or > 100 } || !ids.Add(customId)))
                {
                    throw DiscordException.InvalidForm("components", "BUTTON_COMPONENT_INVALID", "The button is not valid.");
                }
            }
        }
    }
}
