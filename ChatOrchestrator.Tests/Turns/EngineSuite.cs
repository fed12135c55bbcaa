using System.Collections.Concurrent;
using System.Text.Json;
using ChatOrchestrator.Application;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Ai;
using ChatOrchestrator.Infrastructure.Formatting;
using ChatOrchestrator.Infrastructure.InProcess;
using ChatOrchestrator.Infrastructure.Platforms.Telegram;
using ChatOrchestrator.Tests.Fixtures;
using ChatOrchestrator.Tests.Persistence;
using ChatOrchestrator.Tests.Platforms;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NSubstitute;

namespace ChatOrchestrator.Tests.Turns;

/// <summary>The whole engine in this process on a real store, with a platform and a model that do what they should not.</summary>
public abstract partial class EngineSuite(TestStore store) : StoreSuite(store)
{
    private const string Secret = "4711:SECRET";

    private readonly FakePlatform _platform = new();
    private readonly FakeDirectory _connections = new();
    private readonly CapturedLog _log = new();
    private readonly ITranscribesSpeech _speech = Substitute.For<ITranscribesSpeech>();
    private readonly ITokenCounter _counter = Substitute.For<ITokenCounter>();
    private readonly IScoresTexts _scores = Substitute.For<IScoresTexts>();
    private readonly Dictionary<string, string?> _settings = new() { ["Engine:PollMs"] = "20", ["Engine:LeaseSeconds"] = "60" };
    private readonly ConcurrentQueue<IReadOnlyList<ChatMessage>> _prompts = new();
    private readonly AiOptions _aiOptions = new();
    private IBudgetStore? _budgets;
    private string _answer = "An answer.";

    [StoreFact]
    public async Task An_adapter_that_throws_leaves_the_part_unknown_and_after_ten_attempts_a_dead_letter()
    {
        using var engine = await StartAsync();
        _platform.Send = _ => throw new InvalidOperationException($"https://api.example/bot{Secret}/sendMessage");
        var chat = await NewChatAsync("telegram");

        await chat.SayAsync();
        await Eventually.TrueAsync(async _ => (await PartsAsync(chat)).Any(p => p is { State: PartState.Unknown, Attempts: 1, Error: "internal_error" }), Deadline, "the part's fate is unknown");
        await DrainAsync(chat);

        _platform.Sent.Count.ShouldBe(10);
        _platform.Sent.Select(p => p.Attempt).ShouldBe(Enumerable.Range(0, 10));
        var part = (await PartsAsync(chat)).ShouldHaveSingleItem();
        (part.State, part.Attempts, part.Error).ShouldBe((PartState.Failed, 10, "internal_error"));
        (await DeadLettersAsync(chat)).ShouldHaveSingleItem().MessageId.ShouldBe(part.MessageId);
        _log.ToString().ShouldNotContain(Secret);

        // The lane goes on.
        _platform.Send = Delivered;
        await chat.SayAsync("another question");
        await DrainAsync(chat);
        _platform.Sent.Last().Text.ShouldBe("An answer.");
        (await PartsAsync(chat)).Count(p => p.State == PartState.Sent).ShouldBe(1);
    }

    [StoreFact]
    public async Task An_answer_of_which_nothing_can_be_seen_becomes_an_apology_and_the_turn_says_why()
    {
        using var engine = await StartAsync();
        foreach (var nothing in (string[])["\u200b", "   ", "\u2060 \ufeff\n"])
        {
            TelegramParts.Split(nothing).ShouldBeEmpty($"'{nothing}' is the test's idea of nothing");
            _answer = nothing;
            var chat = await NewChatAsync("telegram");
            await chat.SayAsync();
            await DrainAsync(chat);

            var turn = (await TurnsAsync(chat)).ShouldHaveSingleItem();
            (turn.State, turn.Reason, turn.Attempt).ShouldBe((TurnState.Failed, "model_empty_answer", 1));
            _platform.Sent.Where(p => p.Chat == chat.Address.Chat).Select(p => p.Text).ShouldBe([new ProcessingSettings().Apology]);
            (await DeadLettersAsync(chat)).ShouldHaveSingleItem().Reason.ShouldBe("model_empty_answer");
        }
    }

    [StoreFact]
    public async Task A_greeting_of_which_nothing_can_be_seen_is_not_sent_and_the_turn_says_why()
    {
        using var engine = await StartAsync();
        var chat = await NewChatAsync("telegram", new ProcessingSettings { QuietPeriodMs = 0, Greeting = "\u200b" });

        await chat.SayAsync("/start", MessageKind.Command);
        await DrainAsync(chat);

        var turn = (await TurnsAsync(chat)).ShouldHaveSingleItem();
        (turn.State, turn.Reason).ShouldBe((TurnState.Silent, "empty_answer"));
        _platform.Sent.ShouldBeEmpty();
        (await MessagesAsync(chat)).ShouldHaveSingleItem();
    }

    [StoreFact]
    public async Task A_platform_that_this_build_lacks_rests_and_the_others_go_on()
    {
        using var engine = await StartAsync();
        var (lacking, other) = (await NewChatAsync("pigeon"), await NewChatAsync("telegram"));
        await lacking.SayAsync();
        await Eventually.TrueAsync(async _ => await LaneAsync(lacking) is { LeaseToken: 1, LeaseOwner: null }, Deadline, "the lane was looked at");

        for (var i = 1; i <= 5; i++)
        {
            await other.SayAsync();
            await Eventually.TrueAsync(() => _platform.Sent.Count == i, Deadline, "the other platform's question is answered");
        }

        var lane = await LaneAsync(lacking);
        (lane.LeaseToken, lane.LeaseOwner, lane.HandledSequence).ShouldBe((1, null, 0));
        lane.DueAt.ShouldNotBeNull().ShouldBeGreaterThan(TimeProvider.System.GetUtcNow() + TimeSpan.FromMinutes(1));

        // A build that has it takes up where this one left off.
        _connections.Change(lacking.Connection, "telegram");
        await DrainAsync(lacking);
        _platform.Sent.Count(p => p.Chat == lacking.Address.Chat).ShouldBe(1);
    }

    private static DeliveryOutcome.Delivered Delivered(OutboundPart part) => new($"p{part.MessageId}");

    private async Task<IHost> StartAsync(IChatClient? answering = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(_settings);
        var model = Substitute.For<IChatClient>();
        model.GetResponseAsync(default!).ReturnsForAnyArgs(call =>
        {
            _prompts.Enqueue([.. call.Arg<IEnumerable<ChatMessage>>()]);
            return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, _answer)));
        });
        model.GetStreamingResponseAsync(default!).ReturnsForAnyArgs(_ => new ChatResponse(new ChatMessage(ChatRole.Assistant, _answer)).ToChatResponseUpdates().ToAsyncEnumerable());
        builder.Services
            .AddSingleton(Store.Inbox).AddSingleton(_lanes ?? Store.Lanes)
            .AddSingleton<IConnectionDirectory>(_connections).AddSingleton<IConnectionStore>(_ => _connectionStore ?? Connections).AddSingleton(Store.Watch)
            .AddSingleton<IPlatformAdapter>(_platform)
            .AddSingleton<ISignals, InProcessSignals>().AddSingleton<INamedLeases, InProcessNamedLeases>()
            .AddSingleton(Substitute.For<IPacer>()).AddSingleton(_counter).AddSingleton(Store.Summaries).AddSingleton<IModelCatalog>(new ModelCatalog(Options.Create(_aiOptions)))
            .AddSingleton(answering ?? model).AddSingleton(_speech).AddSingleton(_scores).AddSingleton<IFindsPictures, AnswerPictures>().AddSingleton(_budgets ?? Store.Budgets)
            .AddSingleton<IRateLimits, InProcessRateLimits>().AddSingleton(Substitute.For<ISuggestionStore>())
            .AddSingleton(typeof(ILogger<>), typeof(Logger<>)).AddSingleton<ILoggerFactory>(_log.Factory())
            .AddEngine();
        // The pump alone: who watches and tidies beside it has tests of its own.
        foreach (var other in builder.Services.Where(s => s.ServiceType == typeof(IHostedService) && s.ImplementationType?.Name != "LanePump").ToList())
        {
            builder.Services.Remove(other);
        }
        _platform.Send = Delivered;
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    private async Task<TestChat> NewChatAsync(string platform, ProcessingSettings? processing = null, AiSettings? ai = null)
    {
        var connection = _connections.Add(platform, processing ?? new ProcessingSettings { QuietPeriodMs = 0 }, ai ?? new AiSettings());
        return await TestChat.OpenAsync(Inbox, connection: connection);
    }

    /// <summary>Waits until the lane is at rest; whenever it rests before another attempt, that time passes at once.</summary>
    private Task DrainAsync(TestChat chat) => Eventually.TrueAsync(
        async _ =>
        {
            var lane = await LaneAsync(chat);
            if (lane is { LeaseOwner: null, DueAt: { } due } && due > TimeProvider.System.GetUtcNow() + TimeSpan.FromMilliseconds(300))
            {
                await Store.ElapseAsync(chat.Id, TimeSpan.FromMinutes(10));
            }
            return lane is { LeaseOwner: null, DueAt: null } && lane.HandledSequence >= lane.LastSequence && lane.OutboundSequence == lane.DeliveredSequence;
        },
        Deadline,
        "the lane is at rest");

    private Task<List<DeadLetter>> DeadLettersAsync(TestChat chat) =>
        ReadAsync(c => c.DeadLetters.AsNoTracking().Where(d => d.ConversationId == chat.Id).ToListAsync());

    /// <summary>Splits as Telegram does, sends as it is told.</summary>
    private sealed class FakePlatform : IPlatformAdapter, IFetchesMedia, IStreamsAnswers
    {
        /// <summary>Shows answers while they are made.</summary>
        public bool Streamed { get; set; }

        public ConcurrentQueue<AnswerDraft> Shown { get; } = new();

        public ConcurrentQueue<AnswerDraft> Abandoned { get; } = new();

        public bool Streams(ConnectionSnapshot connection) => Streamed;

        public void Stream(ConnectionSnapshot connection, AnswerDraft draft, string text) => Shown.Enqueue(draft);

        public void Abandon(ConnectionSnapshot connection, AnswerDraft draft) => Abandoned.Enqueue(draft);

        public ConcurrentQueue<OutboundPart> Sent { get; } = new();

        public Func<OutboundPart, DeliveryOutcome> Send { get; set; } = Delivered;

        /// <summary>Sends in place of <see cref="Send"/>, and can be cancelled.</summary>
        public Func<OutboundPart, CancellationToken, Task<DeliveryOutcome>>? Sending { get; set; }

        public Action? Typing { get; set; }

        public Func<Attachment, Media> Fetch { get; set; } = _ => throw new MediaException("gone");

        public ConcurrentQueue<string?> Fetched { get; } = new();

        public Task<Media> FetchAsync(ConnectionSnapshot connection, Attachment attachment, int maxBytes, CancellationToken cancellationToken)
        {
            Fetched.Enqueue(attachment.Id);
            return Task.FromResult(Fetch(attachment));
        }

        public PlatformName Platform { get; } = PlatformName.From("telegram");

        public PlatformCapabilities Capabilities => new(0, new Pace(0, 0), ShowsTyping: Typing is not null);

        public IEnumerable<FieldError> Validate(IReadOnlyDictionary<string, string> secrets, JsonElement settings) => [];

        public bool Authenticate(ConnectionSnapshot connection, in WebhookRequest request) => false;

        public IReadOnlyList<InboundEvent> Read(ConnectionSnapshot connection, ReadOnlyMemory<byte> body) => [];

        public IReadOnlyList<PartBody> Split(string answer) => TelegramParts.Split(answer);

        public Task<DeliveryOutcome> SendAsync(ConnectionSnapshot connection, OutboundPart part, CancellationToken cancellationToken)
        {
            Sent.Enqueue(part);
            return Sending?.Invoke(part, cancellationToken) ?? Task.FromResult(Send(part));
        }

        public Task ShowTypingAsync(ConnectionSnapshot connection, ChatAddress chat, CancellationToken cancellationToken)
        {
            Typing?.Invoke();
            return Task.CompletedTask;
        }
    }

    private sealed class FakeDirectory : IConnectionDirectory
    {
        private readonly ConcurrentDictionary<ConnectionId, ConnectionSnapshot> _connections = new();
        private readonly ConcurrentDictionary<ConnectionId, Func<Task<PlatformConnection?>>> _stored = new();

        public ConnectionId Add(string platform, ProcessingSettings processing, AiSettings ai)
        {
            var id = new ConnectionId(Guid.CreateVersion7());
            _connections[id] = Snapshot(id, platform, new BotSnapshot(new BotId(Guid.CreateVersion7()), "Bot", ai, processing, 1));
            return id;
        }

        /// <summary>What is known of the connection until it is said to have changed.</summary>
        public void Know(PlatformConnection connection, Func<Task<PlatformConnection?>> read)
        {
            _connections[connection.Id] = Snapshot(connection);
            _stored[connection.Id] = read;
        }

        public void Change(ConnectionId id, string platform) => _connections[id] = Snapshot(id, platform, _connections[id].Bot);

        public ValueTask<ConnectionSnapshot?> FindAsync(ConnectionId id, CancellationToken cancellationToken) => ValueTask.FromResult(_connections.GetValueOrDefault(id));

        public async ValueTask ChangedAsync(ConnectionId id, CancellationToken cancellationToken)
        {
            if (_stored.TryGetValue(id, out var read) && await read() is { } connection)
            {
                _connections[id] = Snapshot(connection);
            }
        }

        public Task DisableAsync(ConnectionSnapshot refused, string reason, CancellationToken cancellationToken) => Disabling(refused.Id, reason);

        /// <summary>What becomes of a connection that its platform refuses.</summary>
        public Func<ConnectionId, string, Task> Disabling { get; set; } = (_, _) => Task.CompletedTask;

        public Task<IReadOnlyList<ConnectionSnapshot>> ListAsync(PlatformName platform, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<ConnectionSnapshot>>([]);

        private static ConnectionSnapshot Snapshot(PlatformConnection stored) =>
            ConnectionSnapshots.Of(stored, new Bot("Bot", new AiSettings(), new ProcessingSettings { QuietPeriodMs = 0 }, stored.CreatedAt), new Dictionary<string, string>());

        private static ConnectionSnapshot Snapshot(ConnectionId id, string platform, BotSnapshot bot) => new()
        {
            Id = id,
            Platform = PlatformName.From(platform),
            DisplayName = "Test",
            Settings = JsonDocument.Parse("{}").RootElement,
            Secrets = new Dictionary<string, string>(),
            Bot = bot,
        };
    }
}

/// <summary>A store of its own: the engine takes every lane that is due.</summary>
[NeedsPostgres]
public sealed class PostgresEngineTests(PostgresTestStore store) : EngineSuite(store), IClassFixture<PostgresTestStore>;

/// <inheritdoc cref="PostgresEngineTests"/>
public sealed class SqliteEngineTests(SqliteTestStore store) : EngineSuite(store), IClassFixture<SqliteTestStore>;
