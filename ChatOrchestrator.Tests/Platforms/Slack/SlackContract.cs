using System.Text.Json;
using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Tests.Platforms.Slack;

public sealed class SlackContract : AdapterContract
{
    protected override IPlatformAdapter Adapter { get; } = SlackFixture.Adapter();

    protected override ConnectionSnapshot Connection { get; } = SlackFixture.Connection();

    protected override string SigningSecret => "signingSecret";

    protected override bool SignsBody => true;

    protected override ChatAddress Chat => new("C111", "1595926230.009600");

    protected override int MaxPartLength => 3000;

    /// <summary>A body is one event, one interaction or one command; a challenge is none.</summary>
    protected override IEnumerable<(byte[] Body, int Events)> Batches =>
        SlackFixture.PayloadNames().Select(name => (SlackFixture.Payload(name), name == "url_verification" ? 0 : 1))
            .Append((SlackFixture.Bytes(SlackFixture.Command), 1));

    protected override IEnumerable<byte[]> OwnMessages => [SlackFixture.Payload("own_message")];

    protected override int LengthOf(PartBody part, string answer) => (part.Body ?? answer).Length;

    protected override string VisibleTextOf(PartBody part, string answer) => part.PlainBody ?? part.Body ?? answer;

    protected override IReadOnlyDictionary<string, string> Sign(ConnectionSnapshot connection, byte[] body) =>
        SlackFixture.Sign(body, connection.Secret("signingSecret") ?? SlackFixture.SigningSecret);

    protected override ConnectionSnapshot With(IReadOnlyDictionary<string, string> secrets) => SlackFixture.Connection(secrets: secrets);

    protected override async Task<StoodInAdapter> StandInAsync(StandIn behaviour, CapturedLog log)
    {
        var stub = await WebApiStub.StartAsync();
        var adapter = SlackFixture.Adapter(stub.Url, log);
        stub.Reply = call => behaviour switch
        {
            StandIn.Throttles => WebApiStub.Error("ratelimited", 429) with { RetryAfter = (int)ThrottledFor.TotalSeconds },
            StandIn.RefusesCredentials => WebApiStub.Error("invalid_auth") with { Body = JsonSerializer.Serialize(new { ok = false, error = "invalid_auth", token = call.Token, secret = SlackFixture.SigningSecret }) },
            StandIn.Fails => new(502, "<html><body>Bad Gateway</body></html>"),
            StandIn.HangsUp => new(0, "", HangUp: true),
            _ => null,
        };
        if (behaviour == StandIn.IsAway)
        {
            await stub.DisposeAsync();
        }
        return new StoodInAdapter(adapter, stub);
    }
}
