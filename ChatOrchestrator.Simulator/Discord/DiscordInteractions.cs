using System.Text;
using System.Text.Json.Nodes;
using NSec.Cryptography;

namespace ChatOrchestrator.Simulator.Discord;

/// <summary>Interactions (https://discord.com/developers/docs/interactions/receiving-and-responding): sent to the endpoint, signed, or through the Gateway.</summary>
internal sealed class DiscordInteractions(DiscordNetwork network, DiscordMessages messages, TimeProvider time) : IDisposable
{
    /// <summary>Discord waits so long for the first response.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly HttpClient _client = new() { Timeout = Patience };

    /// <summary>A slash command.</summary>
    /// <param name="options">Name and value.</param>
    public async Task<DiscordInteraction> CommandAsync(DiscordBot bot, DiscordChannel channel, DiscordUser user, string name, IReadOnlyDictionary<string, JsonNode?> options)
    {
        var data = new JsonObject
        {
            ["id"] = network.NewId(),
            ["name"] = name,
            ["type"] = 1,
            ["options"] = new JsonArray([.. options.Select(o => (JsonNode)new JsonObject { ["name"] = o.Key, ["type"] = 3, ["value"] = o.Value?.DeepClone() })]),
        };
        return await SendAsync(bot, channel, user, 2, data, null);
    }

    /// <summary>A press of a message's button.</summary>
    public async Task<DiscordInteraction> PressAsync(DiscordBot bot, DiscordChannel channel, DiscordUser user, DiscordMessage message, string customId) =>
        await SendAsync(bot, channel, user, 3, new JsonObject { ["custom_id"] = customId, ["component_type"] = 2 }, message);

    /// <summary>As the Developer Portal does before it takes an endpoint: a PING, and one with a wrong signature that must be refused.</summary>
    public async Task<bool> VerifyAsync(DiscordBot bot, string url)
    {
        var body = Encoding.UTF8.GetBytes(new JsonObject { ["id"] = network.NewId(), ["application_id"] = bot.ApplicationId, ["type"] = 1, ["token"] = "ping", ["version"] = 1 }.ToJsonString());
        var (status, reply) = await PostAsync(bot, url, body, tampered: false);
        var (refused, _) = await PostAsync(bot, url, body, tampered: true);
        return status == 200 && reply?["type"]?.ToString() == "1" && refused == 401;
    }

    /// <summary>Takes the first response. Called with the network's lock held.</summary>
    public void Respond(DiscordInteraction interaction, JsonObject response, JsonArray attachments)
    {
        if (interaction.Response is not null)
        {
            throw new DiscordException(400, 40060, "Interaction has already been acknowledged.");
        }
        var type = response["type"]?.GetValue<int>() ?? 0;
        var data = response["data"] as JsonObject ?? [];
        interaction.Original = type switch
        {
            4 => messages.Create(interaction.Bot, interaction.Channel, data, attachments, interaction.Bot.ApplicationId),
            5 => messages.Defer(interaction.Bot, interaction.Channel),
            6 or 7 => interaction.Message,
            8 => null,
            _ => throw DiscordException.InvalidForm("type", "BASE_TYPE_CHOICES", "Value must be one of {4, 5, 6, 7, 8, 9, 10, 12}."),
        };
        if (type == 7 && interaction.Message is { } message)
        {
            messages.Edit(interaction.Channel, message, data);
        }
        interaction.Response = type;
        network.Notify(interaction.Bot.Id);
    }

    public void Dispose() => _client.Dispose();

    private async Task<DiscordInteraction> SendAsync(DiscordBot bot, DiscordChannel channel, DiscordUser user, int type, JsonObject data, DiscordMessage? message)
    {
        DiscordInteraction interaction;
        JsonObject wire;
        lock (network.Sync)
        {
            interaction = new DiscordInteraction
            {
                Id = network.NewId(),
                Token = $"aW50ZXJhY3Rpb246{Guid.NewGuid():N}{Guid.NewGuid():N}",
                Bot = bot,
                Channel = channel,
                User = user,
                CreatedAt = network.Now,
                Message = message,
            };
            network.AddInteraction(interaction);
            wire = Wire(interaction, type, data);
            if (bot.InteractionsUrl is null)
            {
                foreach (var session in bot.Sessions.Values)
                {
                    session.Dispatch("INTERACTION_CREATE", wire.DeepClone());
                }
                return interaction;
            }
        }
        var (status, reply) = await PostAsync(bot, bot.InteractionsUrl, Encoding.UTF8.GetBytes(wire.ToJsonString()), tampered: false);
        lock (network.Sync)
        {
            interaction.EndpointStatus = status;
            if (status == 200 && reply is not null)
            {
                Respond(interaction, reply, []);
            }
        }
        return interaction;
    }

    private JsonObject Wire(DiscordInteraction interaction, int type, JsonObject data)
    {
        var (bot, channel, user) = (interaction.Bot, interaction.Channel, interaction.User);
        var wire = new JsonObject
        {
            ["id"] = interaction.Id,
            ["application_id"] = bot.ApplicationId,
            ["type"] = type,
            ["token"] = interaction.Token,
            ["version"] = 1,
            ["data"] = data,
            ["channel_id"] = channel.Id,
            ["channel"] = DiscordWire.Channel(channel, bot),
            ["locale"] = "en-US",
            ["app_permissions"] = "2147483647",
            ["entitlements"] = new JsonArray(),
            ["authorizing_integration_owners"] = new JsonObject(),
            ["context"] = channel.GuildId is null ? 1 : 0,
            ["attachment_size_limit"] = 10_485_760,
        };
        if (channel.GuildId is null)
        {
            wire["user"] = DiscordWire.User(user);
        }
        else
        {
            wire["guild_id"] = channel.GuildId;
            wire["guild_locale"] = "en-US";
            wire["member"] = DiscordWire.Member(user);
        }
        if (interaction.Message is { } message)
        {
            wire["message"] = network.Wire(message, channel);
        }
        return wire;
    }

    private async Task<(int? Status, JsonObject? Reply)> PostAsync(DiscordBot bot, string url, byte[] body, bool tampered)
    {
        var timestamp = time.GetUtcNow().ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
        var signature = SignatureAlgorithm.Ed25519.Sign(bot.SigningKey, [.. Encoding.ASCII.GetBytes(timestamp), .. body]);
        if (tampered)
        {
            signature[0] ^= 1;
        }
        using var request = new HttpRequestMessage(HttpMethod.Post, url)
        {
            Content = new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } },
            Headers = { { "X-Signature-Ed25519", Convert.ToHexStringLower(signature) }, { "X-Signature-Timestamp", timestamp } },
        };
        request.Headers.TryAddWithoutValidation("User-Agent", "Discord-Interactions/1.0 (+https://discord.com)");
        try
        {
            using var response = await _client.SendAsync(request);
            var text = await response.Content.ReadAsStringAsync();
            return ((int)response.StatusCode, text.Length > 0 && response.IsSuccessStatusCode ? JsonNode.Parse(text) as JsonObject : null);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or System.Text.Json.JsonException)
        {
            return (null, null);
        }
    }
}
