using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Simulator.Discord;

namespace ChatOrchestrator.Tests.Platforms.Discord;

public sealed class DiscordContract : AdapterContract
{
    protected override IPlatformAdapter Adapter { get; } = DiscordFixture.Adapter();

    protected override ConnectionSnapshot Connection { get; } = DiscordFixture.Connection();

    protected override string SigningSecret => "publicKey";

    protected override bool SignsBody => true;

    protected override ChatAddress Chat => new("1200000000000000001");

    protected override int MaxPartLength => 2000;

    /// <summary>A body is one interaction.</summary>
    protected override IEnumerable<(byte[] Body, int Events)> Batches => DiscordFixture.PayloadNames("interaction_").Select(name => (DiscordFixture.Payload(name), 1));

    /// <summary>Messages come through the Gateway; a bot causes no interactions.</summary>
    protected override IEnumerable<byte[]> OwnMessages => [];

    protected override int LengthOf(PartBody part, string answer) => (part.Body ?? answer).Length;

    protected override string VisibleTextOf(PartBody part, string answer) => DiscordMarkup.Read(part.Body ?? answer).Text.Replace("\u200B", "", StringComparison.Ordinal);

    protected override IReadOnlyDictionary<string, string> Sign(ConnectionSnapshot connection, byte[] body) => DiscordFixture.Sign(body);

    protected override ConnectionSnapshot With(IReadOnlyDictionary<string, string> secrets) => DiscordFixture.Connection(secrets: secrets);

    protected override async Task<StoodInAdapter> StandInAsync(StandIn behaviour, CapturedLog log)
    {
        var stub = await DiscordStub.StartAsync();
        var adapter = DiscordFixture.Adapter(stub.Url, log);
        stub.Reply = call => behaviour switch
        {
            StandIn.Throttles => DiscordStub.Error(429, 0, "You are being rate limited.", ("Retry-After", "7")),
            StandIn.RefusesCredentials => DiscordStub.Error(401, 0, $"401: Unauthorized {call.Authorization}"),
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
