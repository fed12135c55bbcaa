using ChatOrchestrator.Application;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Turns;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Infrastructure.InProcess;
using ChatOrchestrator.Tests.Fixtures;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;

namespace ChatOrchestrator.Tests.Turns;

/// <summary>When a commit waits for others to share it: only while many lanes wait for the model, which takes longer by far.</summary>
public sealed class LaneCommitsTests : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly WatchedTime _time = new();
    private readonly LanePlaces _places = new(Options.Create(new EngineOptions()));
    private readonly ILaneStore _store = Substitute.For<ILaneStore>();
    private readonly List<int> _sizes = [];
    private readonly LaneCommits _commits;

    public LaneCommitsTests()
    {
        _store.CommitAsync(default!, default!, default).ReturnsForAnyArgs(call =>
        {
            var deliveries = call.Arg<IReadOnlyList<DeliveryCommit>>();
            _sizes.Add(deliveries.Count);
            return new LanesCommitted([.. deliveries.Select(_ => new DeliveryCommitted(true, null))], []);
        });
        _commits = new LaneCommits(_store, Substitute.For<IBudgetStore>(), _places, new Doorbell(new InProcessSignals(), _time), _time, NullLogger<LaneCommits>.Instance);
    }

    [Fact]
    public async Task With_few_lanes_waiting_a_commit_begins_at_once()
    {
        for (var i = 0; i < 15; i++)
        {
            _places.BeginWait();
        }

        // Nobody moves the clock.
        (await CommitAsync().WaitAsync(Deadline)).ShouldBeTrue();

        _time.Timers.ShouldBe(0);
    }

    [Fact]
    public async Task With_many_it_waits_two_milliseconds_for_those_that_are_answered_next()
    {
        for (var i = 0; i < 16; i++)
        {
            _places.BeginWait();
        }
        var first = CommitAsync();
        await Eventually.TrueAsync(() => _time.Timers == 1, Deadline, "the commit waits");
        var second = CommitAsync();
        _time.Advance(TimeSpan.FromMilliseconds(1.9));
        _sizes.ShouldBeEmpty();

        _time.Advance(TimeSpan.FromMilliseconds(0.1));

        (await Task.WhenAll(first, second).WaitAsync(Deadline)).ShouldAllBe(held => held);
        _sizes.ShouldBe([2]);
    }

    public ValueTask DisposeAsync() => _commits.DisposeAsync();

    private Task<bool> CommitAsync() =>
        _commits.CommitAsync(new DeliveryCommit { Lease = new Lease(new ConversationId(Guid.CreateVersion7()), 1), Next = LaneNext.Release }, CancellationToken.None);

    private sealed class WatchedTime : FakeTimeProvider
    {
        private int _timers;

        public int Timers => Volatile.Read(ref _timers);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            Interlocked.Increment(ref _timers);
            return timer;
        }
    }
}
