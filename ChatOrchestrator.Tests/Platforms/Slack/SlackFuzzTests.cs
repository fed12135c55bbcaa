using System.Text;
using System.Text.Json.Nodes;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Platforms.Slack;
using ChatOrchestrator.Tests.Fixtures;
using CsCheck;

namespace ChatOrchestrator.Tests.Platforms.Slack;

/// <summary>Real payloads, damaged: they are read or refused as malformed, and nothing else happens.</summary>
public sealed class SlackFuzzTests
{
    private static readonly byte[][] Payloads = [.. SlackFixture.PayloadNames().Select(SlackFixture.Payload), SlackFixture.Bytes(SlackFixture.Command)];

    private static readonly string[] Values =
    [
        "null", "true", "0", "-1", "1e400", "9223372036854775808", "\"\"", "\"\\ud800\"", "\"\\u0000\"", "\"x\"", "[]", "{}", "[null]", "[{}]",
        "[[[[]]]]", "{\"id\":1}", "\"im\"", "\"message\"", "\"message_changed\"", "\"message_deleted\"", "\"file_share\"", "\"<@\"", "\"<@UB111|>\"", "\"<|><!><#><@>\"", "\"&amp\"",
    ];

    private readonly SlackAdapter _adapter = SlackFixture.Adapter();
    private readonly ConnectionSnapshot _connection = SlackFixture.Connection("""{"groups":"all"}""");

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
        var events = SlackFixture.PayloadNames().Select(SlackFixture.Payload).ToArray();
        Gen.Select(Gen.OneOf(events), Gen.Int[0, 10_000], Gen.OneOf(Values), Gen.Bool).Sample(
            (payload, where, value, remove) =>
            {
                var isForm = payload.AsSpan().StartsWith("payload="u8);
                var root = JsonNode.Parse(isForm ? Encoding.UTF8.GetBytes(Uri.UnescapeDataString(Encoding.UTF8.GetString(payload)["payload=".Length..])) : payload)!;
                var fields = Fields(root).ToList();
                var (parent, name) = fields[where % fields.Count];
                parent.Remove(name);
                // Not as a node: a node cannot hold a lone surrogate or a number out of range.
                var marker = $"marker{Guid.Empty:N}";
                if (!remove)
                {
                    parent[name] = marker;
                }
                var json = root.ToJsonString().Replace($"\"{marker}\"", value, StringComparison.Ordinal);
                ReadOrRefuse(isForm ? SlackFixture.Form(json) : Encoding.UTF8.GetBytes(json));
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
            _ = _adapter.Reply(_connection, new WebhookRequest(body, _ => null));
            foreach (var inbound in _adapter.Read(_connection, body))
            {
                inbound.PlatformId.Length.ShouldBeInRange(1, 64);
                (inbound as InboundMessage)?.Text.ShouldNotContain('\0');
                (inbound as InboundMessage)?.Text.ShouldNotBeEmpty();
                (inbound as InboundMessage)?.Chat.ChatId.Length.ShouldBeInRange(1, 64);
                (inbound as InboundMessage)?.Chat.ThreadId.Length.ShouldBeInRange(0, 64);
                (inbound as IgnoredEvent)?.Type.Length.ShouldBeInRange(1, 64);
            }
        }
        catch (MalformedPayloadException)
        {
        }
    }
}
