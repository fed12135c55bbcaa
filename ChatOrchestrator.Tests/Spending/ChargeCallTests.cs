using System.Collections.Concurrent;
using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Spending;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Infrastructure.Ai;
using ChatOrchestrator.Tests.Fixtures;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;

namespace ChatOrchestrator.Tests.Spending;

/// <summary>A call was made, and the store that should hear of it is away.</summary>
public sealed class ChargeCallTests : IDisposable
{
    private static readonly ModelUsage Used = new(100, 0, 20);

    private readonly FakeTimeProvider _time = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly IBudgetStore _store = Substitute.For<IBudgetStore>();
    private readonly ConcurrentQueue<string> _log = new();
    private readonly Guid _reservation = Guid.CreateVersion7();

    [Fact]
    public async Task A_process_that_is_told_to_stop_waits_ten_seconds_and_leaves_the_charge_to_the_reservations_expiry()
    {
        Away();

        var closing = CloseAsync();
        await AdvanceAsync(TimeSpan.FromSeconds(20));
        closing.IsCompleted.ShouldBeFalse("a process that goes on waits for the store");
        await _stopping.CancelAsync();
        await AdvanceAsync(TimeSpan.FromSeconds(9));
        closing.IsCompleted.ShouldBeFalse();
        await AdvanceAsync(TimeSpan.FromSeconds(1));
        await closing.WaitAsync(TimeSpan.FromSeconds(30));

        var line = _log.ShouldHaveSingleItem();
        line.ShouldContain("summary");
        line.ShouldContain("120 tokens, 345 billionths");
        line.ShouldContain($"reservation {_reservation} stands until it expires");
    }

    [Fact]
    public async Task A_call_that_ends_while_the_process_stops_is_counted_by_a_store_that_is_there()
    {
        await _stopping.CancelAsync();
        await AdvanceAsync(TimeSpan.FromMinutes(1));

        await CloseAsync();

        await _store.Received(1).SpendAsync(Arg.Is<CallSpending>(s => s.Reservation == _reservation && s.Usage == Used && s.Nanos == 345), Arg.Any<CancellationToken>());
        _log.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_store_that_comes_back_in_time_counts_it_once()
    {
        Away();
        var closing = CloseAsync();
        await AdvanceAsync(TimeSpan.FromSeconds(30));
        var counted = new ConcurrentQueue<CallSpending>();
        _store.SpendAsync(default!, default).ReturnsForAnyArgs(call =>
        {
            counted.Enqueue(call.Arg<CallSpending>());
            return Task.CompletedTask;
        });

        await Eventually.TrueAsync(
            async _ =>
            {
                await AdvanceAsync(TimeSpan.FromMilliseconds(100));
                return closing.IsCompleted;
            },
            TimeSpan.FromSeconds(30), "the store has heard of it");

        await closing;
        counted.ShouldHaveSingleItem();
        _log.ShouldBeEmpty();
    }

    public void Dispose() => _stopping.Dispose();

    private void Away() => _store.SpendAsync(default!, default).ReturnsForAnyArgs(Task.FromException(new StoreUnavailableException(new TimeoutException())));

    private Task CloseAsync()
    {
        var lifetime = Substitute.For<IHostApplicationLifetime>();
        lifetime.ApplicationStopping.Returns(_stopping.Token);
        var charge = new ChargeCall(_store, new ModelCatalog(Options.Create(new AiOptions())), lifetime, _time, new Lines(_log));
        return charge.CloseAsync(new OpenCall(_reservation, BudgetLimit.None), Connection(), new CallSubject(CallPurposes.Summary, ConversationId.New(), Guid.CreateVersion7()), "model", Used, 345).AsTask();
    }

    /// <summary>Nothing but the clock moves: what waits for a time waits for this one.</summary>
    private async Task AdvanceAsync(TimeSpan time)
    {
        _time.Advance(time);
        await Task.Yield();
    }

    private static ConnectionSnapshot Connection() => new()
    {
        Id = new ConnectionId(Guid.CreateVersion7()),
        Platform = PlatformName.From("telegram"),
        DisplayName = "Test",
        Settings = JsonDocument.Parse("{}").RootElement,
        Secrets = new Dictionary<string, string>(),
        Bot = new BotSnapshot(new BotId(Guid.CreateVersion7()), "Bot", new AiSettings(), new ProcessingSettings(), 1),
    };

    private sealed class Lines(ConcurrentQueue<string> log) : ILogger<ChargeCall>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => log.Enqueue(formatter(state, exception));
    }
}
