using System.Globalization;
using System.Text.Json.Nodes;
using ChatOrchestrator.Simulator.Telegram;

namespace ChatOrchestrator.Simulator.Discord;

/// <summary>What a person does: for the control API and the chat page.</summary>
internal sealed class DiscordPeople(DiscordNetwork network, DiscordMessages messages)
{
    private const int MaxText = 4000;

    /// <summary>Writes to the bot's DM, or into a channel.</summary>
    /// <exception cref="ControlException">The channel is unknown, or there is nothing to send.</exception>
    public JsonObject Write(PersonMessage written)
    {
        lock (network.Sync)
        {
            var (channel, user) = Place(written.BotId, written.UserId, written.Name, written.ChannelId);
            if (string.IsNullOrWhiteSpace(written.Text) && written.Files is not { Count: > 0 } && written.StickerId is null)
            {
                throw new ControlException("There is nothing to send.");
            }
            if (written.Text?.Length > MaxText)
            {
                throw new ControlException("A message has at most 4,000 characters.");
            }
            var message = new DiscordMessage
            {
                Id = written.MessageId ?? network.NewId(),
                ChannelId = channel.Id,
                Author = written.AsBot ? user with { Bot = true } : user,
                Timestamp = network.Now,
                Content = written.Text ?? "",
                ReplyTo = written.ReplyTo,
                Attachments = new JsonArray([.. (written.Files ?? []).Select(f => (JsonNode)DiscordRoutes.Attachment(network, null, f.Name, f.ContentType, Convert.FromBase64String(f.Base64)))]),
                StickerItems = written.StickerId is { } sticker ? [new JsonObject { ["id"] = sticker, ["name"] = "wave", ["format_type"] = 1 }] : [],
            };
            messages.Add(channel, message);
            return network.Wire(message, channel);
        }
    }

    /// <exception cref="ControlException">There is no such message.</exception>
    public void Edit(string channelId, string messageId, string text)
    {
        lock (network.Sync)
        {
            var (channel, message) = Find(channelId, messageId);
            messages.Edit(channel, message, new JsonObject { ["content"] = text });
        }
    }

    /// <exception cref="ControlException">There is no such message.</exception>
    public void Delete(string channelId, string messageId)
    {
        lock (network.Sync)
        {
            var (channel, message) = Find(channelId, messageId);
            messages.Delete(channel, message);
        }
    }

    /// <exception cref="ControlException">There is no such message.</exception>
    public void React(PersonReaction reaction)
    {
        lock (network.Sync)
        {
            var (channel, message) = Find(reaction.ChannelId, reaction.MessageId);
            messages.React(channel, message, network.PutUser(reaction.UserId, null), reaction.Emoji, reaction.Remove);
        }
    }

    /// <summary>The channel and the person, made known where they are not.</summary>
    /// <exception cref="ControlException">The channel is unknown.</exception>
    public (DiscordChannel Channel, DiscordUser User) Place(string botId, string userId, string? name, string? channelId)
    {
        if (!IsId(botId) || !IsId(userId))
        {
            throw new ControlException("bot_id and user_id are ids: digits.");
        }
        lock (network.Sync)
        {
            var user = network.PutUser(userId, name);
            var channel = channelId is null ? network.DirectMessages(network.GetBot(botId), user)
                : network.FindChannel(channelId) ?? throw new ControlException("The channel is unknown.");
            if (channel.GuildId is { } guild)
            {
                network.FindGuild(guild)?.Members.TryAdd(user.Id, user);
            }
            return (channel, user);
        }
    }

    /// <exception cref="ControlException">There is no such message.</exception>
    public (DiscordChannel Channel, DiscordMessage Message) Find(string channelId, string messageId)
    {
        lock (network.Sync)
        {
            return network.FindChannel(channelId) is { } channel && channel.Find(messageId) is { } message
                ? (channel, message)
                : throw new ControlException("The message is unknown.");
        }
    }

    public static bool IsId(string? id) => ulong.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out _);
}

/// <param name="ChannelId">Absent: the DM with the bot.</param>
/// <param name="MessageId">To be sent again as if it were new; absent: a new id.</param>
/// <param name="AsBot">The writer is a bot.</param>
internal sealed record PersonMessage(
    string BotId,
    string UserId,
    string? Text = null,
    string? Name = null,
    string? ChannelId = null,
    string? ReplyTo = null,
    IReadOnlyList<PersonFile>? Files = null,
    string? StickerId = null,
    string? MessageId = null,
    bool AsBot = false);

internal sealed record PersonFile(string Name, string ContentType, string Base64);

internal sealed record PersonReaction(string ChannelId, string MessageId, string UserId, string Emoji, bool Remove = false);
