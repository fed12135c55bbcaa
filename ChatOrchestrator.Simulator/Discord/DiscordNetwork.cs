using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using NSec.Cryptography;

namespace ChatOrchestrator.Simulator.Discord;

/// <summary>Everything that the simulated Discord knows, in memory and within bounds. Guarded by <see cref="Sync"/>.</summary>
internal sealed class DiscordNetwork(TimeProvider time, IOptions<DiscordSettings> settings)
{
    private const int MaxChannels = 5_000;
    private const int MaxInteractions = 5_000;

    /// <summary>Milliseconds of 2015, from which ids count.</summary>
    private const long Epoch = 1_420_070_400_000;

    private readonly Dictionary<string, DiscordBot> _bots = [];
    private readonly Dictionary<string, DiscordUser> _users = [];
    private readonly Dictionary<string, DiscordGuild> _guilds = [];
    private readonly BoundedMap<string, DiscordChannel> _channels = new(MaxChannels);
    private readonly BoundedMap<string, DiscordInteraction> _interactions = new(MaxInteractions);
    private readonly Dictionary<string, DiscordFile> _files = [];
    private readonly Queue<string> _fileOrder = new();
    private ulong _lastId;

    public Lock Sync { get; } = new();

    public DiscordSettings Settings { get; set; } = settings.Value;

    public DiscordFaults Faults { get; } = new();

    public DiscordRateLimits Limits { get; } = new(time);

    public IEnumerable<DiscordBot> Bots => _bots.Values;

    public IEnumerable<DiscordGuild> Guilds => _guilds.Values;

    /// <summary>Raised, outside the lock or inside, when a person may see something new.</summary>
    public event Action<string?>? Changed;

    /// <summary>Where this server was last called, for the addresses of files.</summary>
    public string PublicUrl { get; set; } = SimulatorHost.DefaultUrl;

    public DateTimeOffset Now => time.GetUtcNow();

    public void Notify(string? botId) => Changed?.Invoke(botId);

    /// <summary>Ids grow with time, and no two are the same.</summary>
    public string NewId()
    {
        var id = (ulong)(time.GetUtcNow().ToUnixTimeMilliseconds() - Epoch) << 22;
        _lastId = Math.Max(id, _lastId + 1);
        return _lastId.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>The bot of a token, whose first part is the bot's id in Base64: made known by its first call.</summary>
    public DiscordBot? Authenticate(string? token)
    {
        var first = token?.Split('.') is { Length: 3 } parts ? parts[0] : null;
        if (first is null || IdIn(first) is not { } id)
        {
            return null;
        }
        var bot = GetBot(id);
        bot.Token ??= token;
        return bot.IsRevoked || bot.Token != token ? null : bot;
    }

    public DiscordBot GetBot(string id)
    {
        if (!_bots.TryGetValue(id, out var bot))
        {
            // From the id, so that it is the same after a restart and a test can name it.
            var seed = System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes($"discord-simulator:{id}"));
            _bots[id] = bot = new DiscordBot(id)
            {
                SigningKey = Key.Import(SignatureAlgorithm.Ed25519, seed, KeyBlobFormat.RawPrivateKey),
            };
            _users[id] = bot.User;
        }
        return bot;
    }

    public DiscordBot? FindBot(string id) => _bots.GetValueOrDefault(id);

    public DiscordUser? FindUser(string id) => _users.GetValueOrDefault(id);

    public DiscordUser PutUser(string id, string? name) =>
        _users.TryGetValue(id, out var user) && (name is null || user.GlobalName == name || user.Bot)
            ? user
            : _users[id] = new DiscordUser(id, (name ?? $"user{id}").ToLowerInvariant().Replace(' ', '_'), GlobalName: name ?? $"User {id}");

    public void Rename(DiscordBot bot, string name) => _users[bot.Id] = bot.User = bot.User with { Username = name };

    public DiscordGuild PutGuild(string id, string name)
    {
        if (!_guilds.TryGetValue(id, out var guild))
        {
            _guilds[id] = guild = new DiscordGuild(id, name);
        }
        return guild;
    }

    public DiscordGuild? FindGuild(string id) => _guilds.GetValueOrDefault(id);

    public DiscordChannel? FindChannel(string id) => _channels.TryGetValue(id, out var channel) ? channel : null;

    public DiscordChannel AddChannel(DiscordChannel channel)
    {
        _channels.Set(channel.Id, channel);
        return channel;
    }

    /// <summary>The DM of a bot and a person, whose id is made of theirs.</summary>
    public DiscordChannel DirectMessages(DiscordBot bot, DiscordUser user)
    {
        var hash = System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes($"{bot.Id}:{user.Id}"));
        var id = (BitConverter.ToUInt64(hash) >> 4).ToString(CultureInfo.InvariantCulture);
        if (FindChannel(id) is { } known)
        {
            return known;
        }
        var channel = AddChannel(new DiscordChannel(id, DiscordChannel.DirectMessage, null, null, null));
        channel.Recipients.AddRange([bot.User, user]);
        return channel;
    }

    public void AddInteraction(DiscordInteraction interaction) => _interactions.Set(interaction.Token, interaction);

    /// <summary>Null: unknown, or too old.</summary>
    public DiscordInteraction? FindInteraction(string token) =>
        _interactions.TryGetValue(token, out var interaction) && Now - interaction.CreatedAt < Settings.InteractionLifetime ? interaction : null;

    public DiscordFile? FindFile(string id) => _files.GetValueOrDefault(id);

    /// <summary>Keeps a file of a message; the oldest are forgotten.</summary>
    public DiscordFile AddFile(string name, string type, byte[] bytes)
    {
        const int MaxFiles = 200;
        if (_fileOrder.Count >= MaxFiles)
        {
            _files.Remove(_fileOrder.Dequeue());
        }
        var file = new DiscordFile(NewId(), name, type, bytes);
        _files[file.Id] = file;
        _fileOrder.Enqueue(file.Id);
        return file;
    }

    /// <summary>Sends an event to every session that sees the channel and asked for the intent.</summary>
    public void Dispatch(DiscordChannel channel, string type, int intent, Func<DiscordBot, JsonObject> data)
    {
        foreach (var bot in _bots.Values.Where(b => b.Sees(channel)))
        {
            foreach (var session in bot.Sessions.Values.Where(s => (s.Intents & intent) != 0))
            {
                session.Dispatch(type, data(bot));
            }
        }
        foreach (var recipient in _bots.Values.Where(b => b.Sees(channel)))
        {
            Notify(recipient.Id);
        }
    }

    public JsonObject Wire(DiscordMessage message, DiscordChannel channel, bool dispatched = false) =>
        DiscordWire.Message(message, channel, channel.Find(message.ReplyTo), FindUser, dispatched);

    public void Reset()
    {
        foreach (var session in _bots.Values.SelectMany(b => b.Sessions.Values))
        {
            session.Close(1001);
        }
        _bots.Clear();
        _users.Clear();
        _guilds.Clear();
        _channels.Clear();
        _interactions.Clear();
        _files.Clear();
        _fileOrder.Clear();
        Limits.Clear();
        Faults.Clear();
    }

    private static string? IdIn(string base64)
    {
        Span<byte> bytes = stackalloc byte[64];
        return base64.Length <= 60 && System.Buffers.Text.Base64Url.IsValid(base64)
            && System.Buffers.Text.Base64Url.TryDecodeFromChars(base64, bytes, out var length)
            && length is > 0 and <= 20 && !bytes[..length].ContainsAnyExceptInRange((byte)'0', (byte)'9')
            ? Encoding.ASCII.GetString(bytes[..length])
            : null;
    }
}

/// <summary>A file of a message.</summary>
internal sealed record DiscordFile(string Id, string Name, string ContentType, byte[] Bytes);

/// <summary>The intents (https://discord.com/developers/docs/events/gateway#list-of-intents) by the channel's kind.</summary>
internal static class DiscordIntents
{
    public const int Guilds = 1;
    public const int MessageContent = 1 << 15;

    public static int Messages(DiscordChannel channel) => channel.GuildId is null ? 1 << 12 : 1 << 9;

    public static int Reactions(DiscordChannel channel) => channel.GuildId is null ? 1 << 13 : 1 << 10;

    public static int Typing(DiscordChannel channel) => channel.GuildId is null ? 1 << 14 : 1 << 11;
}
