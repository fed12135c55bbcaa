using ChatOrchestrator.Application;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Retention;
using ChatOrchestrator.Application.Turns;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;

namespace ChatOrchestrator.Tests.Retention;

public sealed class DeleteOldMessagesTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddYears(50);
    private static readonly BotId Forgets = BotId.New();
    private static readonly ConversationId First = new(Guid.CreateVersion7());

    private readonly FakeTimeProvider _time = new(Now);
    private readonly INamedLeases _leases = Substitute.For<INamedLeases>();
    private readonly Store _store = new();

    public DeleteOldMessagesTests()
    {
        _leases.TryAcquireAsync(default!, default!, default, default).ReturnsForAnyArgs(true);
    }

    [Fact]
    public async Task A_bot_that_forgets_is_looked_at_slice_by_slice_until_nothing_old_is_left()
    {
        _store.Batches = new([new(500, First, true), new(20, First, false), new(0, null, false)]);
        _store.Events = new([500, 3, 0]);

        await LookAsync();

        _store.Asked.ShouldBe([(Forgets, Now.AddDays(-30), default), (Forgets, Now.AddDays(-30), default), (Forgets, Now.AddDays(-30), First)]);
        _store.Batches.ShouldBeEmpty();
        _store.Events.ShouldBeEmpty();
    }

    [Fact]
    public async Task Who_loses_the_lease_in_the_middle_stops_there()
    {
        _store.Batches = new([new(500, First, true), new(500, First, true)]);
        _leases.TryAcquireAsync(default!, default!, default, default).ReturnsForAnyArgs(true, true, false);

        await LookAsync();

        _store.Asked.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_store_that_goes_away_ends_the_look_and_not_the_process()
    {
        _store.Batches = null;
        await LookAsync();
        _store.Asked.Count.ShouldBe(1);
    }

    /// <summary>Looks once; the pauses pass as fast as they come.</summary>
    private async Task LookAsync()
    {
        using var job = new DeleteOldMessages(_store, _leases, WorkerIdentity.Create(), Options.Create(new EngineOptions()), _time, NullLogger<DeleteOldMessages>.Instance);
        var look = job.LookAsync(default);
        while (!look.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(10));
            await Task.Yield();
        }
        await look;
    }

    private sealed class Store : IRetentionStore
    {
        public Queue<RetentionBatch>? Batches { get; set; }

        public Queue<int> Events { get; set; } = new([0]);

        public List<(BotId Bot, DateTimeOffset Before, ConversationId After)> Asked { get; } = [];

        public Task<IReadOnlyList<ForgetfulBot>> ListBotsAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<ForgetfulBot>>([new(Forgets, 30)]);

        public Task<RetentionBatch> DeleteMessagesAsync(BotId bot, DateTimeOffset before, RetentionSlice slice, CancellationToken cancellationToken)
        {
            Asked.Add((bot, before, slice.After));
            return Batches is null ? throw new StoreUnavailableException(new TimeoutException()) : Task.FromResult(Batches.Dequeue());
        }

        public Task<int> DeleteEventsAsync(BotId bot, DateTimeOffset before, int rows, CancellationToken cancellationToken) => Task.FromResult(Events.Dequeue());
    }
}
