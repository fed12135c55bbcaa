using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.Discord;

/// <summary>A person or a bot.</summary>
internal sealed record DiscordUser(string Id, string Username, bool Bot = false, string? GlobalName = null);

/// <summary>A DM, a guild's text channel, or a thread in one.</summary>
internal sealed class DiscordChannel(string id, int type, string? guildId, string? name, string? parentId)
{
    public const int GuildText = 0;
    public const int DirectMessage = 1;
    public const int PublicThread = 11;

    /// <summary>Older messages are forgotten.</summary>
    public const int MaxMessages = 500;

    public string Id { get; } = id;

    public int Type { get; } = type;

    public string? GuildId { get; } = guildId;

    public string? Name { get; } = name;

    public string? ParentId { get; } = parentId;

    /// <summary>In a DM: the bot and the person.</summary>
    public List<DiscordUser> Recipients { get; } = [];

    /// <summary>The person has blocked the bot, or does not take its messages: 50007.</summary>
    public bool IsClosed { get; set; }

    /// <summary>Oldest first.</summary>
    public List<DiscordMessage> Messages { get; } = [];

    /// <summary>Until when the bot is shown to be typing.</summary>
    public DateTimeOffset TypingUntil { get; set; }

    public DiscordMessage? Find(string? id) => Messages.Find(m => m.Id == id);
}

/// <summary>A message as it stands now.</summary>
internal sealed class DiscordMessage
{
    public required string Id { get; init; }

    public required string ChannelId { get; init; }

    public required DiscordUser Author { get; init; }

    public required DateTimeOffset Timestamp { get; init; }

    public DateTimeOffset? EditedTimestamp { get; set; }

    public string Content { get; set; } = "";

    public string? Nonce { get; init; }

    public int Type { get; init; }

    public int Flags { get; set; }

    public string? WebhookId { get; init; }

    public string? ReplyTo { get; init; }

    public JsonArray Embeds { get; set; } = [];

    public JsonArray Components { get; set; } = [];

    public JsonArray Attachments { get; set; } = [];

    public JsonArray StickerItems { get; init; } = [];

    /// <summary>The emoji and who reacted with it.</summary>
    public List<(string Emoji, string UserId)> Reactions { get; } = [];
}

/// <summary>A guild with its channels and members.</summary>
internal sealed class DiscordGuild(string id, string name)
{
    public string Id { get; } = id;

    public string Name { get; } = name;

    public List<DiscordChannel> Channels { get; } = [];

    public Dictionary<string, DiscordUser> Members { get; } = [];
}

/// <summary>A bot with its application: known by the first token that names it.</summary>
internal sealed class DiscordBot(string id)
{
    public string Id { get; } = id;

    public DiscordUser User { get; set; } = new(id, $"bot{id}", Bot: true);

    /// <summary>The application has the bot's id, as with every application made since 2016.</summary>
    public string ApplicationId => Id;

    public string? Token { get; set; }

    public bool IsRevoked { get; set; }

    /// <summary>Without MESSAGE_CONTENT in the portal an IDENTIFY that asks for it is closed with 4014.</summary>
    public bool AllowsMessageContent { get; set; } = true;

    /// <summary>Where interactions go; null: through the Gateway.</summary>
    public string? InteractionsUrl { get; set; }

    /// <summary>The key pair that interactions are signed with.</summary>
    public required NSec.Cryptography.Key SigningKey { get; init; }

    public JsonArray Commands { get; set; } = [];

    public HashSet<string> Guilds { get; } = [];

    public int Identifies { get; set; }

    /// <summary>Sessions that are open or may be resumed, by id.</summary>
    public Dictionary<string, GatewaySession> Sessions { get; } = [];

    public bool Sees(DiscordChannel channel) =>
        channel.GuildId is { } guild ? Guilds.Contains(guild) : channel.Recipients.Exists(r => r.Id == Id);

    public string PublicKey => Convert.ToHexStringLower(SigningKey.PublicKey.Export(NSec.Cryptography.KeyBlobFormat.RawPublicKey));
}

/// <summary>An interaction whose token may still be used.</summary>
internal sealed class DiscordInteraction
{
    public required string Id { get; init; }

    public required string Token { get; init; }

    public required DiscordBot Bot { get; init; }

    public required DiscordChannel Channel { get; init; }

    public required DiscordUser User { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The message with the button.</summary>
    public DiscordMessage? Message { get; init; }

    /// <summary>The type of the first response; null: none yet.</summary>
    public int? Response { get; set; }

    /// <summary>The message that <c>@original</c> names.</summary>
    public DiscordMessage? Original { get; set; }

    /// <summary>The status with which the endpoint answered; null: not asked, or not answered.</summary>
    public int? EndpointStatus { get; set; }
}
