using System.Collections.Concurrent;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure;
using ChatOrchestrator.Infrastructure.Persistence;
using ChatOrchestrator.Tests.Fixtures;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Inbox = ChatOrchestrator.Application.Ingress.Inbox;

namespace ChatOrchestrator.Tests.Delivery;

/// <summary>The whole engine on a platform whose connection breaks after sending, and that can, or cannot, say what arrived.</summary>
public sealed class ReconcileDeliveryTests : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("chat-reconcile-");
    private readonly Carrier _carrier = new();
    private IHost _host = null!;
    private ConnectionSnapshot _connection = null!;

    public async Task InitializeAsync()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Storage:Path"] = Path.Combine(_folder.FullName, "chat.db"),
            ["ConnectionStrings:chatdb"] = null,
            ["ConnectionStrings:redis"] = null,
        });
        builder.AddChatOrchestrator(HostRole.Api);
        builder.Services.AddAdministration(null).AddSingleton<IPlatformAdapter>(_carrier);
        _host = builder.Build();
        await Get<PrepareStore>().HandleAsync(migrate: true, default);
        await _host.StartAsync();
        var bot = await Get<CreateBot>().HandleAsync(new BotInput("Bot", new AiSettings(), new ProcessingSettings { QuietPeriodMs = 0 }), new Actor("test"), default);
        var created = await Get<CreateConnection>().HandleAsync(bot.Id, new NewConnection("carrier", "Carrier", null, null), new Actor("test"), default);
        _connection = (await Get<IConnectionDirectory>().FindAsync(created.Connection.Id, default)).ShouldNotBeNull();
        _carrier.Echo = receipt => Get<Inbox>().ReceiveAsync(_connection, [receipt], default);
    }

    public async Task DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_part_that_turns_out_to_have_arrived_is_not_sent_again()
    {
        _carrier.Arrived = true;

        var (part, kinds) = await AskAsync();

        (part.State, part.PlatformMessageId, _carrier.Sent.Count).ShouldBe((PartState.Sent, "found", 1));
        kinds.ShouldNotContain("part_resent");
    }

    [Fact]
    public async Task A_part_that_nobody_knows_of_is_sent_again_under_the_same_reference_and_marked()
    {
        var (part, kinds) = await AskAsync();

        (part.State, part.PlatformMessageId, part.Attempts).ShouldBe((PartState.Sent, "sent", 2));
        _carrier.Sent.Count.ShouldBe(2);
        _carrier.Sent.Distinct().ShouldHaveSingleItem().ShouldBe(new PartReference(part.MessageId, part.Ordinal));
        kinds.ShouldContain("part_resent");
    }

    [Fact]
    public async Task Where_the_platform_drops_repeats_nothing_can_be_seen_twice()
    {
        _carrier.DropsRepeats = true;

        var (_, kinds) = await AskAsync();

        _carrier.Sent.Count.ShouldBe(2);
        kinds.ShouldNotContain("part_resent");
    }

    [Fact]
    public async Task An_echo_that_overtakes_the_outcome_settles_the_part()
    {
        _carrier.Echoes = true;

        var (part, kinds) = await AskAsync();

        (part.State, part.PlatformMessageId, _carrier.Sent.Count).ShouldBe((PartState.Delivered, "echoed", 1));
        kinds.ShouldNotContain("part_resent");
    }

    /// <summary>Asks a question; returns the one part of its answer when it is settled, and what the timeline says.</summary>
    private async Task<(Part Part, List<string> Kinds)> AskAsync()
    {
        var message = new InboundMessage { PlatformId = "m-1", Chat = new ChatAddress("c-1"), Author = new InboundAuthor("u-1"), Text = "Hello" };
        await Get<Inbox>().ReceiveAsync(_connection, [message], default);
        var conversation = (await Get<IConversationStore>().FindAsync(_connection.Id, message.Chat, default)).ShouldNotBeNull().Conversation.Id;
        Part? part = null;
        var messages = Get<ReadConversations>();
        await Eventually.TrueAsync(
            async token =>
            {
                var answer = (await messages.ListMessagesAsync(conversation, insight: null, newestFirst: true, new PageRequest(1, null), token)).Items[0];
                var lane = (await messages.HandleAsync(conversation, token)).Lane!;
                part = answer.Parts.SingleOrDefault();
                return part?.State is PartState.Sent or PartState.Delivered && lane.DueAt is null;
            },
            Deadline,
            "the part is settled and the lane idle");
        var timeline = await Get<ReadTimeline>().HandleAsync(part!.MessageId, default);
        return (part, [.. timeline.Entries.Select(e => e.Kind)]);
    }

    private T Get<T>()
        where T : notnull => _host.Services.GetRequiredService<T>();

    /// <summary>Its first send of a part breaks off after the platform may have taken it.</summary>
    private sealed class Carrier : IPlatformAdapter, IReconcilesDeliveries
    {
        public PlatformName Platform { get; } = PlatformName.From("carrier");

        public PlatformCapabilities Capabilities { get; } = new(0, new Pace(0, 0), ShowsTyping: false);

        public bool DropsRepeats { get; set; }

        public bool Arrived { get; set; }

        public bool Echoes { get; set; }

        public Func<DeliveryReceipt, Task> Echo { get; set; } = _ => Task.CompletedTask;

        public ConcurrentQueue<PartReference> Sent { get; } = new();

        public IEnumerable<FieldError> Validate(IReadOnlyDictionary<string, string> secrets, System.Text.Json.JsonElement settings) => [];

        public bool Authenticate(ConnectionSnapshot connection, in WebhookRequest request) => false;

        public IReadOnlyList<InboundEvent> Read(ConnectionSnapshot connection, ReadOnlyMemory<byte> body) => [];

        public IReadOnlyList<PartBody> Split(string answer) => [new PartBody(null)];

        public async Task<DeliveryOutcome> SendAsync(ConnectionSnapshot connection, OutboundPart part, CancellationToken cancellationToken)
        {
            Sent.Enqueue(part.Reference);
            if (Echoes)
            {
                // As text, as a platform hands it back.
                PartReference.TryParse(part.Reference.ToString(), out var reference).ShouldBeTrue();
                await Echo(new DeliveryReceipt { PlatformId = "r-1", Chat = part.Chat, PartPlatformId = "echoed", State = PartState.Delivered, Reference = reference });
            }
            return Sent.Count == 1 ? new DeliveryOutcome.Unknown("connection_broken") : new DeliveryOutcome.Delivered("sent");
        }

        public Task<string?> FindAsync(ConnectionSnapshot connection, OutboundPart part, CancellationToken cancellationToken) =>
            Task.FromResult(Arrived && Sent.Contains(part.Reference) ? "found" : null);

        public Task ShowTypingAsync(ConnectionSnapshot connection, ChatAddress chat, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
