using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Tests.Platforms.Telegram;

public sealed class TelegramContract : AdapterContract
{
    protected override IPlatformAdapter Adapter { get; } = TelegramFixture.Adapter();

    protected override ConnectionSnapshot Connection { get; } = TelegramFixture.Connection();

    protected override string SigningSecret => "webhookSecret";

    /// <summary>Telegram sends a shared secret and no signature.</summary>
    protected override bool SignsBody => false;

    protected override ChatAddress Chat => new("5012345678");

    protected override int MaxPartLength => 4096;

    /// <summary>A body is one update, and an update one event; only reactions that are exchanged and people who come together are several.</summary>
    protected override IEnumerable<(byte[] Body, int Events)> Batches =>
        TelegramFixture.PayloadNames().Select(name => (TelegramFixture.Payload(name), name is "message_reaction_changed" or "new_chat_members_two" ? 2 : 1));

    protected override IEnumerable<byte[]> OwnMessages => [TelegramFixture.Payload("own_message")];

    protected override int LengthOf(PartBody part, string answer) => VisibleTextOf(part, answer).Length;

    protected override string VisibleTextOf(PartBody part, string answer) => part.PlainBody ?? part.Body ?? answer;

    protected override IReadOnlyDictionary<string, string> Sign(ConnectionSnapshot connection, byte[] body) =>
        new Dictionary<string, string> { ["X-Telegram-Bot-Api-Secret-Token"] = connection.Secrets["webhookSecret"] };

    protected override ConnectionSnapshot With(IReadOnlyDictionary<string, string> secrets) => TelegramFixture.Connection(secrets: secrets);

    protected override async Task<StoodInAdapter> StandInAsync(StandIn behaviour, CapturedLog log)
    {
        var stub = await BotApiStub.StartAsync();
        var adapter = TelegramFixture.Adapter(stub.Url, log);
        stub.Reply = call => behaviour switch
        {
            StandIn.Throttles => BotApiStub.Error(429, "Too Many Requests: retry after 7", $"\"retry_after\":{ThrottledFor.TotalSeconds}"),
            StandIn.RefusesCredentials => BotApiStub.Error(401, $"Unauthorized: {call.Token} and {call.Text("secret_token")}"),
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
