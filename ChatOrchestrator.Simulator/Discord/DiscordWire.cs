using System.Globalization;
using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.Discord;

/// <summary>Objects as Discord sends them: with every field that its own documents call present, null where it is null.</summary>
internal static class DiscordWire
{
    public static JsonObject User(DiscordUser user) => new()
    {
        ["id"] = user.Id,
        ["username"] = user.Username,
        ["global_name"] = user.GlobalName,
        ["discriminator"] = user.Bot ? "0001" : "0",
        ["avatar"] = null,
        ["bot"] = user.Bot,
        ["public_flags"] = 0,
    };

    public static JsonObject Member(DiscordUser user, bool withUser = true)
    {
        var member = new JsonObject
        {
            ["nick"] = null,
            ["avatar"] = null,
            ["roles"] = new JsonArray(),
            ["joined_at"] = "2025-01-01T00:00:00.000000+00:00",
            ["deaf"] = false,
            ["mute"] = false,
            ["flags"] = 0,
            ["permissions"] = "2147483647",
        };
        if (withUser)
        {
            member["user"] = User(user);
        }
        return member;
    }

    public static JsonObject Channel(DiscordChannel channel, DiscordBot bot)
    {
        var wire = new JsonObject { ["id"] = channel.Id, ["type"] = channel.Type, ["last_message_id"] = channel.Messages.LastOrDefault()?.Id, ["flags"] = 0 };
        if (channel.Type == DiscordChannel.DirectMessage)
        {
            wire["recipients"] = new JsonArray([.. channel.Recipients.Where(r => r.Id != bot.Id).Select(User)]);
            return wire;
        }
        wire["guild_id"] = channel.GuildId;
        wire["name"] = channel.Name;
        wire["parent_id"] = channel.ParentId;
        wire["position"] = 0;
        wire["permission_overwrites"] = new JsonArray();
        wire["nsfw"] = false;
        wire["topic"] = null;
        wire["rate_limit_per_user"] = 0;
        if (channel.Type == DiscordChannel.PublicThread)
        {
            wire["owner_id"] = bot.Id;
            wire["message_count"] = channel.Messages.Count;
            wire["member_count"] = 1;
            wire["thread_metadata"] = new JsonObject
            {
                ["archived"] = false,
                ["auto_archive_duration"] = 1440,
                ["archive_timestamp"] = "2025-01-01T00:00:00.000000+00:00",
                ["locked"] = false,
            };
        }
        return wire;
    }

    public static JsonObject Guild(DiscordGuild guild, DiscordBot bot) => new()
    {
        ["id"] = guild.Id,
        ["name"] = guild.Name,
        ["icon"] = null,
        ["owner_id"] = guild.Members.Values.FirstOrDefault(m => !m.Bot)?.Id ?? bot.Id,
        ["joined_at"] = "2025-01-01T00:00:00.000000+00:00",
        ["large"] = false,
        ["unavailable"] = false,
        ["member_count"] = guild.Members.Count,
        ["verification_level"] = 0,
        ["default_message_notifications"] = 0,
        ["explicit_content_filter"] = 0,
        ["roles"] = new JsonArray(new JsonObject
        {
            ["id"] = guild.Id,
            ["name"] = "@everyone",
            ["color"] = 0,
            ["hoist"] = false,
            ["position"] = 0,
            ["permissions"] = "2147483647",
            ["managed"] = false,
            ["mentionable"] = false,
            ["flags"] = 0,
        }),
        ["emojis"] = new JsonArray(),
        ["features"] = new JsonArray(),
        ["stickers"] = new JsonArray(),
        ["channels"] = new JsonArray([.. guild.Channels.Where(c => c.Type != DiscordChannel.PublicThread).Select(c => Channel(c, bot))]),
        ["threads"] = new JsonArray([.. guild.Channels.Where(c => c.Type == DiscordChannel.PublicThread).Select(c => Channel(c, bot))]),
        ["members"] = new JsonArray([.. guild.Members.Values.Select(m => Member(m))]),
        ["voice_states"] = new JsonArray(),
        ["presences"] = new JsonArray(),
        ["stage_instances"] = new JsonArray(),
        ["guild_scheduled_events"] = new JsonArray(),
        ["system_channel_id"] = null,
        ["afk_channel_id"] = null,
        ["afk_timeout"] = 300,
        ["mfa_level"] = 0,
        ["nsfw_level"] = 0,
        ["premium_tier"] = 0,
        ["preferred_locale"] = "en-US",
        ["system_channel_flags"] = 0,
    };

    /// <param name="replied">The message that it replies to.</param>
    /// <param name="known">Finds the users that are mentioned.</param>
    /// <param name="dispatched">Through the Gateway, where a guild's message says more.</param>
    public static JsonObject Message(DiscordMessage message, DiscordChannel channel, DiscordMessage? replied, Func<string, DiscordUser?> known, bool dispatched = false)
    {
        var wire = new JsonObject
        {
            ["id"] = message.Id,
            ["channel_id"] = message.ChannelId,
            ["author"] = User(message.Author),
            ["content"] = message.Content,
            ["timestamp"] = Time(message.Timestamp),
            ["edited_timestamp"] = message.EditedTimestamp is { } edited ? Time(edited) : null,
            ["tts"] = false,
            ["mention_everyone"] = false,
            ["mentions"] = new JsonArray([.. Mentions(message, replied, known).Select(User)]),
            ["mention_roles"] = new JsonArray(),
            ["attachments"] = message.Attachments.DeepClone(),
            ["embeds"] = message.Embeds.DeepClone(),
            ["components"] = message.Components.DeepClone(),
            ["pinned"] = false,
            ["type"] = replied is not null ? 19 : message.Type,
            ["flags"] = message.Flags,
        };
        if (message.Nonce is not null)
        {
            wire["nonce"] = message.Nonce;
        }
        if (message.StickerItems.Count > 0)
        {
            wire["sticker_items"] = message.StickerItems.DeepClone();
        }
        if (message.WebhookId is not null)
        {
            wire["webhook_id"] = message.WebhookId;
            wire["application_id"] = message.WebhookId;
        }
        if (replied is not null)
        {
            wire["message_reference"] = new JsonObject { ["type"] = 0, ["channel_id"] = channel.Id, ["message_id"] = replied.Id, ["guild_id"] = channel.GuildId };
            wire["referenced_message"] = Message(replied, channel, null, known);
        }
        if (message.Reactions.Count > 0)
        {
            wire["reactions"] = new JsonArray([.. message.Reactions.GroupBy(r => r.Emoji).Select(group => (JsonNode)new JsonObject
            {
                ["count"] = group.Count(), ["me"] = false, ["emoji"] = Emoji(group.Key), ["burst_colors"] = new JsonArray(),
            })]);
        }
        if (dispatched)
        {
            wire["channel_type"] = channel.Type;
        }
        if (dispatched && channel.GuildId is not null)
        {
            wire["guild_id"] = channel.GuildId;
            wire["member"] = Member(message.Author, withUser: false);
        }
        return wire;
    }

    public static JsonObject Emoji(string name) => new() { ["id"] = null, ["name"] = name };

    private static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-ddTHH:mm:ss.ffffffzzz", CultureInfo.InvariantCulture);

    private static IEnumerable<DiscordUser> Mentions(DiscordMessage message, DiscordMessage? replied, Func<string, DiscordUser?> known)
    {
        var ids = System.Text.RegularExpressions.Regex.Matches(message.Content, "<@!?([0-9]{1,20})>").Select(match => match.Groups[1].Value);
        return ids.Concat(replied is null || message.Author.Bot ? [] : [replied.Author.Id]).Distinct().Select(known).OfType<DiscordUser>();
    }
}
