using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Infrastructure.Platforms.Discord.Gateway;

/// <summary>Why a connection to the Gateway ended.</summary>
/// <param name="Reason">A stable word.</param>
/// <param name="CanResume">The session goes on; otherwise a new one is needed.</param>
/// <param name="IsInvalidSession">Discord asks for a pause of one to five seconds.</param>
internal sealed record GatewayEnd(string Reason, bool CanResume, bool IsInvalidSession = false)
{
    public static GatewayEnd Zombie { get; } = new("no_heartbeat_ack", CanResume: true);

    public static GatewayEnd Reconnect { get; } = new("reconnect", CanResume: true);

    public static GatewayEnd Broken { get; } = new("connection_broken", CanResume: true);

    public static GatewayEnd Unreadable { get; } = new("unreadable_payload", CanResume: true);

    /// <summary>
    /// By the <see href="https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes">code</see>
    /// with which Discord closed.
    /// </summary>
    /// <exception cref="PlatformException">With this token and these settings it will always close.</exception>
    public static GatewayEnd Of(int? closeCode) => closeCode switch
    {
        4003 => new("not_authenticated", CanResume: false),
        4004 => throw new PlatformException("unauthorized", permanent: true),
        4007 => new("invalid_sequence", CanResume: false),
        4008 => new("rate_limited", CanResume: true),
        4009 => new("session_timed_out", CanResume: false),
        4010 => throw new PlatformException("invalid_shard", permanent: true),
        4011 => throw new PlatformException("sharding_required", permanent: true),
        4012 => throw new PlatformException("invalid_api_version", permanent: true),
        4013 => throw new PlatformException("invalid_intents", permanent: true),
        // Most often MESSAGE_CONTENT is not switched on in the Developer Portal.
        4014 => throw new PlatformException("disallowed_intents", permanent: true),
        null => Broken,
        _ => new("closed", CanResume: true),
    };
}
