using System.Text.Json;

namespace ChatOrchestrator.Infrastructure.Platforms.Discord.Gateway;

/// <summary>One <see href="https://discord.com/developers/docs/events/gateway-events#payload-structure">payload</see> of the Gateway.</summary>
/// <param name="Op">What it is: <see cref="GatewayOp"/>.</param>
/// <param name="Sequence">Of a dispatch.</param>
/// <param name="Type">Of a dispatch: its name.</param>
/// <param name="Data">The value of <c>d</c> as it stands; empty: there is none.</param>
internal readonly record struct GatewayFrame(int Op, long? Sequence, string? Type, ReadOnlyMemory<byte> Data)
{
    /// <summary>Null: it is not a payload.</summary>
    public static GatewayFrame? Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = DiscordJson.Default.Options.MaxDepth });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }
            int? op = null;
            long? sequence = null;
            string? type = null;
            var data = ReadOnlyMemory<byte>.Empty;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.ValueTextEquals("op"u8) ? 'o' : reader.ValueTextEquals("s"u8) ? 's' : reader.ValueTextEquals("t"u8) ? 't' : reader.ValueTextEquals("d"u8) ? 'd' : ' ';
                reader.Read();
                switch (name)
                {
                    case 'o' when reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var number):
                        op = number;
                        break;
                    case 's' when reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number):
                        sequence = number;
                        break;
                    case 't' when reader.TokenType == JsonTokenType.String:
                        type = reader.GetString();
                        break;
                    case 'd':
                        var start = (int)reader.TokenStartIndex;
                        reader.Skip();
                        data = json[start..(int)reader.BytesConsumed];
                        break;
                    default:
                        reader.Skip();
                        break;
                }
            }
            return op is { } known ? new GatewayFrame(known, sequence, type, data) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}

/// <summary><see href="https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway-gateway-opcodes">Opcodes</see>.</summary>
internal static class GatewayOp
{
    public const int Dispatch = 0;
    public const int Heartbeat = 1;
    public const int Identify = 2;
    public const int Resume = 6;
    public const int Reconnect = 7;
    public const int InvalidSession = 9;
    public const int Hello = 10;
    public const int HeartbeatAck = 11;
}
