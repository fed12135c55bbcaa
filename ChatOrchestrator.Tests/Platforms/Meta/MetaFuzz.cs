using System.Text;
using System.Text.Json.Nodes;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Tests.Fixtures;
using CsCheck;

namespace ChatOrchestrator.Tests.Platforms.Meta;

/// <summary>Real payloads, damaged: they are read or refused as malformed, and nothing else happens.</summary>
public abstract class MetaFuzz
{
    private static readonly string[] Values =
    [
        "null", "true", "0", "-1", "1e400", "-0.0", "9223372036854775807", "9223372036854775808", "2147483648", "\"\"", "\"\\ud800\"",
        "\"\\u0000\"", "\"x\"", "[]", "{}", "[null]", "[{}]", "[[[[]]]]", "{\"id\":1}", "\"page\"", "\"messages\"", "\"1760000001\"", "{\"\\ud800\":1}",
    ];

    protected abstract IPlatformAdapter Adapter { get; }

    protected abstract ConnectionSnapshot Connection { get; }

    protected abstract IReadOnlyList<byte[]> Payloads { get; }

    [Fact]
    public void Damaged_bytes()
    {
        var damage = Gen.Select(Gen.Int[0, 10_000], Gen.Int[0, 3], Gen.Byte).Array[1, 6];
        Gen.Select(Gen.OneOf([.. Payloads]), damage).Sample(
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
            iter: Samples.Of(10_000));
    }

    [Fact]
    public void Values_of_another_type()
    {
        Gen.Select(Gen.OneOf([.. Payloads]), Gen.Int[0, 10_000], Gen.OneOf(Values), Gen.Bool).Sample(
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
            foreach (var inbound in Adapter.Read(Connection, body))
            {
                inbound.PlatformId.Length.ShouldBeInRange(1, 600);
                (inbound as IgnoredEvent)?.Type.Length.ShouldBeInRange(1, 64);
                if (inbound is InboundMessage message)
                {
                    message.Text.ShouldNotBeNullOrEmpty();
                    message.Text.ShouldNotContain('\0');
                    message.Chat.ChatId.ShouldNotBeNullOrEmpty();
                    message.Chat.ChatId.ShouldNotContain('\0');
                    System.Text.Json.JsonSerializer.Serialize(message.Content).ShouldNotContain("\\u0000");
                }
            }
        }
        catch (MalformedPayloadException)
        {
        }
    }
}
