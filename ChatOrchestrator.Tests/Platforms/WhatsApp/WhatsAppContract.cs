using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Formatting;
using ChatOrchestrator.Tests.Platforms.Meta;

namespace ChatOrchestrator.Tests.Platforms.WhatsApp;

public sealed class WhatsAppContract : AdapterContract
{
    private static readonly Dictionary<string, int> Events = new() { ["batch"] = 5, ["batch_with_a_bad_entry"] = 6 };

    protected override IPlatformAdapter Adapter { get; } = WhatsAppFixture.Adapter();

    protected override ConnectionSnapshot Connection { get; } = WhatsAppFixture.Connection();

    protected override string SigningSecret => "appSecret";

    protected override bool SignsBody => true;

    protected override ChatAddress Chat => new(WhatsAppFixture.Person);

    protected override int MaxPartLength => 4096;

    protected override IEnumerable<(byte[] Body, int Events)> Batches =>
        WhatsAppFixture.PayloadNames().Select(name => (WhatsAppFixture.Payload(name), Events.GetValueOrDefault(name, 1)));

    /// <summary>The Cloud API tells of no message that the number itself sends, but by its statuses.</summary>
    protected override IEnumerable<byte[]> OwnMessages => [WhatsAppFixture.Payload("status_sent"), WhatsAppFixture.Payload("status_delivered")];

    protected override int LengthOf(PartBody part, string answer) => (part.Body ?? answer).Length;

    protected override string VisibleTextOf(PartBody part, string answer) => (part.Body ?? answer).Replace($"{WhatsAppMarkup.Joiner}", "", StringComparison.Ordinal);

    protected override IReadOnlyDictionary<string, string> Sign(ConnectionSnapshot connection, byte[] body) => MetaSigning.Headers(connection.Secrets["appSecret"], body);

    protected override ConnectionSnapshot With(IReadOnlyDictionary<string, string> secrets) => WhatsAppFixture.Connection(secrets: secrets);

    protected override async Task<StoodInAdapter> StandInAsync(StandIn behaviour, CapturedLog log)
    {
        var stub = await GraphStub.StartAsync();
        stub.Play(behaviour, WhatsAppFixture.Token);
        var adapter = WhatsAppFixture.Adapter(stub.Url, log);
        if (behaviour == StandIn.IsAway)
        {
            await stub.DisposeAsync();
        }
        return new StoodInAdapter(adapter, stub);
    }
}

public sealed class WhatsAppFuzzTests : MetaFuzz
{
    protected override IPlatformAdapter Adapter { get; } = WhatsAppFixture.Adapter();

    protected override ConnectionSnapshot Connection { get; } = WhatsAppFixture.Connection();

    protected override IReadOnlyList<byte[]> Payloads { get; } = [.. WhatsAppFixture.PayloadNames().Select(WhatsAppFixture.Payload)];
}
