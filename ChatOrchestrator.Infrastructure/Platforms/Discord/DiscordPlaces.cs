using System.Collections.Concurrent;
using ChatOrchestrator.Application;

namespace ChatOrchestrator.Infrastructure.Platforms.Discord;

/// <summary>
/// What guilds and their channels are called, as the Gateway tells when a session opens and when something changes. A
/// message names its channel by id only. A session that is resumed is not told again: what was learned stands in the
/// conversations by then.
/// </summary>
internal sealed class DiscordPlaces
{
    private const int MaxPlaces = 50_000;
    private const int MaxTitle = 200;

    private readonly ConcurrentDictionary<string, string> _guilds = new();
    private readonly ConcurrentDictionary<string, string> _channels = new();

    /// <summary>What a guild's channel or thread is called; null: not known.</summary>
    public string? TitleOf(string channelId) => _channels.GetValueOrDefault(channelId);

    /// <summary><c>GUILD_CREATE</c>, <c>GUILD_UPDATE</c>.</summary>
    public void Learn(Guild guild)
    {
        if (!Snowflake.IsValid(guild.Id) || guild.Name is not { Length: > 0 } name)
        {
            return;
        }
        Put(_guilds, guild.Id!, name);
        foreach (var channel in guild.Channels ?? [])
        {
            Learn(channel, name);
        }
        foreach (var thread in guild.Threads ?? [])
        {
            Learn(thread, name);
        }
    }

    /// <summary><c>CHANNEL_CREATE</c>, <c>CHANNEL_UPDATE</c>, <c>THREAD_CREATE</c>, <c>THREAD_UPDATE</c>.</summary>
    public void Learn(Channel channel) => Learn(channel, channel.GuildId is { } guild ? _guilds.GetValueOrDefault(guild) : null);

    private void Learn(Channel? channel, string? guild)
    {
        if (channel?.Name is { Length: > 0 } name && Snowflake.IsValid(channel.Id))
        {
            var title = guild is null ? $"#{name}" : $"#{name} ({guild})";
            Put(_channels, channel.Id!, title.Shortened(MaxTitle));
        }
    }

    private static void Put(ConcurrentDictionary<string, string> places, string id, string name)
    {
        if (places.Count >= MaxPlaces && !places.ContainsKey(id))
        {
            places.Clear();
        }
        places[id] = name;
    }
}
