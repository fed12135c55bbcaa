namespace ChatOrchestrator.Infrastructure.Platforms.Discord;

/// <summary>Settings of the deployment for Discord, section <c>Platforms:Discord</c>.</summary>
public sealed class DiscordOptions
{
    public const string Section = "Platforms:Discord";

    /// <summary>Where the HTTP API is, with its version in the path. A simulator may stand in.</summary>
    public string ApiBaseUrl { get; set; } = "https://discord.com/api/v10";

    /// <summary>
    /// Where the Gateway is: a ws or wss address. Null: where
    /// <see href="https://discord.com/developers/docs/events/gateway#get-gateway-bot">GET /gateway/bot</see> says.
    /// </summary>
    public string? GatewayUrl { get; set; }
}
