using System.Text;
using System.Text.Json.Nodes;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Platforms.Discord;
using ChatOrchestrator.Infrastructure.Platforms.Discord.Gateway;
using ChatOrchestrator.Tests.Fixtures;
using CsCheck;

namespace ChatOrchestrator.Tests.Platforms.Discord;

/// <summary>Real payloads, damaged: they are read or refused as malformed, and nothing else happens.</summary>
public sealed class DiscordFuzzTests
{
    private static readonly byte[][] Payloads = [.. DiscordFixture.PayloadNames().Select(DiscordFixture.Payload)];

    private static readonly string[] Values =
    [
        "null", "true", "0", "-1", "1e400", "-0.0", "9223372036854775807", "9223372036854775808", "2147483648", "\"\"", "\"\\ud800\"",
        "\"\\u0000\"", "\"x\"", "[]", "{}", "[null]", "[{}]", "[[[[]]]]", "{\"id\":1}", "\"1\"", "[\"x\"]",
    ];

    private readonly DiscordAdapter _adapter = DiscordFixture.Adapter();
    private readonly ConnectionSnapshot _connection = DiscordFixture.Connection();

    [Fact]
    public void Damaged_bytes()
    {
        var damage = Gen.Select(Gen.Int[0, 10_000], Gen.Int[0, 3], Gen.Byte).Array[1, 6];
        Gen.Select(Gen.OneOf(Payloads), damage).Sample(
            (payload, hits) =>
            {
                var body = payload.ToList();
                foreach (var (where, how, value) in hits)
                {
                    var at = body.Count == 0 ? 0 : where % body.Count;
                    switch (how)
                    {
                        case 0 when body.Count > 0: body[at] = value; break;
                        case 1 when body.Count > 0: body.RemoveAt(at); break;
                        case 2: body.Insert(at, value); break;
                        default: body.RemoveRange(at, body.Count - at); break;
                    }
                }
                ReadOrRefuse([.. body]);
            },
            iter: Samples.Of(20_000));
    }

    [Fact]
    public void Values_of_another_type()
    {
        Gen.Select(Gen.OneOf(Payloads), Gen.Int[0, 10_000], Gen.OneOf(Values), Gen.Bool).Sample(
            (payload, where, value, remove) =>
            {
                var root = JsonNode.Parse(payload)!;
                var fields = Fields(root).ToList();
                var (parent, name) = fields[where % fields.Count];
                parent.Remove(name);
                // Not as a node: a node cannot hold a lone surrogate or a number out of range.
                var marker = $"marker{Guid.Empty:N}";
                if (!remove)
                {
                    parent[name] = marker;
                }
                ReadOrRefuse(Encoding.UTF8.GetBytes(root.ToJsonString().Replace($"\"{marker}\"", value, StringComparison.Ordinal)));
            },
            iter: Samples.Of(20_000));
    }

    private static IEnumerable<(JsonObject Parent, string Name)> Fields(JsonNode? node) => node switch
    {
        JsonObject fields => fields.ToList().SelectMany(f => Fields(f.Value).Prepend((fields, f.Key))),
        JsonArray items => items.SelectMany(Fields),
        _ => [],
    };

    private void ReadOrRefuse(byte[] body)
    {
        try
        {
            // A dispatch is read as such, everything else as an interaction.
            foreach (var inbound in GatewayFrame.Parse(body) is { Type: not null } ? DiscordFixture.Dispatch(body) : _adapter.Read(_connection, body))
            {
                inbound.PlatformId.Length.ShouldBeInRange(1, 64);
                (inbound as InboundMessage)?.Text.ShouldNotContain('\0');
                (inbound as IgnoredEvent)?.Type.Length.ShouldBeInRange(1, 64);
            }
        }
        catch (MalformedPayloadException)
        {
        }
    }
}
