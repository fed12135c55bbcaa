using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Tests.Platforms.Meta;

namespace ChatOrchestrator.Tests.Platforms.Messenger;

public sealed class MessengerContract : AdapterContract
{
    private static readonly Dictionary<string, int> Events = new() { ["batch"] = 7, ["batch_with_a_bad_entry"] = 4, ["delivery"] = 2 };

    protected override IPlatformAdapter Adapter { get; } = MessengerFixture.Adapter();

    protected override ConnectionSnapshot Connection { get; } = MessengerFixture.Connection();

    protected override string SigningSecret => "appSecret";

    protected override bool SignsBody => true;

    protected override ChatAddress Chat => new(MessengerFixture.Person);

    protected override int MaxPartLength => 2000;

    protected override IEnumerable<(byte[] Body, int Events)> Batches =>
        MessengerFixture.PayloadNames().Select(name => (MessengerFixture.Payload(name), Events.GetValueOrDefault(name, 1)));

    protected override IEnumerable<byte[]> OwnMessages =>
        [MessengerFixture.Payload("echo_of_ours"), MessengerFixture.Payload("echo_of_a_person"), MessengerFixture.Payload("echo_of_another_app")];

    protected override int LengthOf(PartBody part, string answer) => VisibleTextOf(part, answer).Length;

    protected override string VisibleTextOf(PartBody part, string answer) => part.Body ?? answer;

    protected override IReadOnlyDictionary<string, string> Sign(ConnectionSnapshot connection, byte[] body) => MetaSigning.Headers(connection.Secrets["appSecret"], body);

    protected override ConnectionSnapshot With(IReadOnlyDictionary<string, string> secrets) => MessengerFixture.Connection(secrets);

    protected override async Task<StoodInAdapter> StandInAsync(StandIn behaviour, CapturedLog log)
    {
        var stub = await GraphStub.StartAsync();
        stub.Play(behaviour, MessengerFixture.Token);
        var adapter = MessengerFixture.Adapter(stub.Url, log);
        if (behaviour == StandIn.IsAway)
        {
            await stub.DisposeAsync();
        }
        return new StoodInAdapter(adapter, stub);
    }
}

public sealed class MessengerFuzzTests : MetaFuzz
{
    protected override IPlatformAdapter Adapter { get; } = MessengerFixture.Adapter();

    protected override ConnectionSnapshot Connection { get; } = MessengerFixture.Connection();

    protected override IReadOnlyList<byte[]> Payloads { get; } = [.. MessengerFixture.PayloadNames().Select(MessengerFixture.Payload)];
}
