using BenchmarkDotNet.Attributes;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Persistence.Postgres;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.MicroBenchmarks;

/// <summary>The hot path's statements on the Postgres of <c>BENCH_POSTGRES</c>, an empty database of the caller's own; one commit each.</summary>
public class StoreBenchmarks : IAsyncDisposable
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(30);

    private PostgresHotPath _hotPath = null!;
    private PostgresInboxStore _inbox = null!;
    private PostgresLaneStore _lanes = null!;
    private ConnectionId _connection;
    private IReadOnlyList<ResolvedAddress> _chats = [];
    private IReadOnlyList<ClaimedLane> _held = [];
    private long _counter;

    /// <summary>How many messages, lanes or turns share a commit.</summary>
    [Params(1, 32)]
    public int Batch { get; set; }

    [GlobalSetup(Targets = [nameof(Append), nameof(Claim)])]
    public async Task SetUpAsync()
    {
        var postgres = Environment.GetEnvironmentVariable("BENCH_POSTGRES") ?? throw new InvalidOperationException("BENCH_POSTGRES is the connection string of an empty database.");
        var options = new DbContextOptionsBuilder<PostgresChatDbContext>();
        PostgresChatDbContext.Configure(options, postgres);
        await using (var context = new PostgresChatDbContext(options.Options))
        {
            await context.Database.MigrateAsync();
            await context.Database.ExecuteSqlRawAsync("TRUNCATE messages, turns, parts, lanes, conversations, participants");
        }
        _hotPath = new PostgresHotPath(postgres);
        (_inbox, _lanes) = (new PostgresInboxStore(_hotPath), new PostgresLaneStore(_hotPath));
        _connection = ConnectionId.New();
        var bot = BotId.New();
        _chats = await _inbox.ResolveAsync([.. Enumerable.Range(0, Batch).Select(i => new InboxAddress(_connection, bot, new ChatAddress($"{i}"), false, null, new InboundAuthor($"{i}")))], default);
        await Append();
    }

    [GlobalSetup(Targets = [nameof(CommitTurns)])]
    public async Task SetUpHeldAsync()
    {
        await SetUpAsync();
        _held = await _lanes.ClaimAsync("bench", Batch, Lease, default);
        _counter = _held.Max(l => l.LastSequence);
    }

    [GlobalCleanup]
    public async ValueTask DisposeAsync()
    {
        await _hotPath.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Description = "Inbox append")]
    public Task<IReadOnlyList<AppendResult>> Append() => _inbox.AppendAsync([.. _chats.Select(Message)], default);

    /// <summary>A lease of no length: the lanes are due again at once.</summary>
    [Benchmark(Description = "Claim")]
    public async Task<int> Claim()
    {
        var claimed = await _lanes.ClaimAsync("bench", Batch, TimeSpan.Zero, default);
        return claimed.Count == Batch ? Batch : throw new InvalidOperationException($"{claimed.Count} lanes were due instead of {Batch}.");
    }

    [Benchmark(Description = "Turn commit")]
    public async Task<int> CommitTurns()
    {
        var committed = await _lanes.CommitAsync([], [.. _held.Select(Turn)], default);
        return committed.Turns.All(c => c.Held) ? Batch : throw new InvalidOperationException("A lane was lost.");
    }

    private InboxMessage Message(ResolvedAddress chat) => new()
    {
        Id = Guid.CreateVersion7(),
        Connection = _connection,
        Conversation = chat.Conversation,
        Participant = chat.Participant,
        PlatformMessageId = $"m{++_counter}",
        Kind = MessageKind.Text,
        Text = Samples.Question,
        QuietMs = 0,
    };

    private TurnCommit Turn(ClaimedLane lane)
    {
        var (through, now) = (++_counter, TimeProvider.System.GetUtcNow());
        return new()
        {
            Lease = lane.Lease,
            Connection = lane.Connection,
            TurnId = Guid.CreateVersion7(),
            FromSequence = through,
            ThroughSequence = through,
            State = TurnState.Answered,
            Answer = "It is on its way and will be with you soon.",
            AnswerId = Guid.CreateVersion7(),
            Parts = [new PartBody(null)],
            Model = "fake-1",
            PromptVersion = 1,
            InputTokens = 100,
            OutputTokens = 20,
            Worker = "bench",
            StartedAt = now,
            EndedAt = now,
            MessageId = Guid.CreateVersion7(),
        };
    }
}
