using System.Text.Json;
using System.Text.Json.Nodes;

namespace ChatOrchestrator.Infrastructure.Platforms.Discord.Gateway;

/// <summary>What we send to the Gateway.</summary>
internal static class GatewayPayloads
{
    /// <summary>
    /// GUILDS, GUILD_MESSAGES, GUILD_MESSAGE_REACTIONS, DIRECT_MESSAGES, DIRECT_MESSAGE_REACTIONS and MESSAGE_CONTENT, which
    /// must be allowed in the Developer Portal (https://discord.com/developers/docs/events/gateway#list-of-intents).
    /// </summary>
    public const int Intents = (1 << 0) | (1 << 9) | (1 << 10) | (1 << 12) | (1 << 13) | (1 << 15);

    public static byte[] Identify(string token) => Of(GatewayOp.Identify, new JsonObject
    {
        ["token"] = token,
        ["intents"] = Intents,
        ["properties"] = new JsonObject { ["os"] = "linux", ["browser"] = "chat-orchestrator", ["device"] = "chat-orchestrator" },
    });

    public static byte[] Resume(string token, string sessionId, long sequence) => Of(GatewayOp.Resume, new JsonObject
    {
        ["token"] = token,
        ["session_id"] = sessionId,
        ["seq"] = sequence,
    });

    public static byte[] Heartbeat(long? sequence) => Of(GatewayOp.Heartbeat, sequence);

    private static byte[] Of(int op, JsonNode? data) => JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["op"] = op, ["d"] = data });
}
