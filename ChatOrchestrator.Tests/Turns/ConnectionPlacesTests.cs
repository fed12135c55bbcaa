using System.Collections.Concurrent;
using System.Text.Json;
using ChatOrchestrator.Application;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Turns;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Infrastructure.InProcess;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;

namespace ChatOrchestrator.Tests.Turns;

public sealed class ConnectionPlacesTests : IAsyncDisposable
{
    private static readonly ConnectionId Noisy = new(Guid.CreateVersion7()), Quiet = new(Guid.CreateVersion7());

    private readonly FakeTimeProvider _time = new();
    private readonly ILaneStore _store = Substitute.For<ILaneStore>();
    private readonly Connections _connections = new();
    private readonly ConcurrentQueue<DeliveryCommit> _givenBack = new();
    private readonly LaneCommits _commits;
    private readonly ConnectionPlaces _places;

    public ConnectionPlacesTests()
    {
        _store.CommitAsync(default!, default!, default).ReturnsForAnyArgs(call =>
        {
            var commits = call.Arg<IReadOnlyList<DeliveryCommit>>();
            foreach (var commit in commits)
            {
                _givenBack.Enqueue(commit);
            }
            return new LanesCommitted([.. commits.Select(c => new DeliveryCommitted(true, c.Hold))], []);
        });
        _commits = new LaneCommits(_store, Substitute.For<IBudgetStore>(), new LanePlaces(Options.Create(new EngineOptions())), new Doorbell(new InProcessSignals(), _time), _time, NullLogger<LaneCommits>.Instance);
        _places = new ConnectionPlaces(_connections, _commits, Options.Create(new EngineOptions { MaxLanes = 64 }), _time);
    }

    [Fact]
    public async Task A_connection_without_the_setting_has_all_places_but_an_eighth()
    {
        (await _places.EnterAsync(Lanes(Quiet, 100), default)).Count.ShouldBe(56);
        _givenBack.Count.ShouldBe(44);
    }

    [Fact]
    public async Task Lanes_over_the_limit_go_back_without_a_failed_attempt_one_behind_the_other_and_others_are_not_touched()
    {
        var lanes = Lanes(Noisy, 20).Concat(Lanes(Quiet, 5)).ToArray();

        var entered = await _places.EnterAsync(lanes, default);

        entered.ShouldBe(lanes[..4].Concat(lanes[20..]));
        _givenBack.Select(c => c.Lease).ShouldBe(lanes[4..20].Select(l => l.Lease), ignoreOrder: true);
        _givenBack.ShouldAllBe(c => c.Next == LaneNext.Hold && c.Failure == null && c.Part == null);
        var rests = lanes[4..20].Select(l => _givenBack.Single(c => c.Lease == l.Lease).Hold).ToArray();
        rests.ShouldBeInOrder();
        // A lane takes a tenth of a second until it is known better: four places, 16 lanes.
        rests[0].ShouldBeGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(20));
        rests[^1].ShouldBeInRange(TimeSpan.FromMilliseconds(350), TimeSpan.FromMilliseconds(450));
    }

    [Fact]
    public async Task A_place_that_is_given_back_is_there_for_the_next_lane()
    {
        await _places.EnterAsync(Lanes(Noisy, 4), default);
        (await _places.EnterAsync(Lanes(Noisy, 1), default)).ShouldBeEmpty();
        _places.Leave(Noisy, TimeSpan.FromSeconds(1));
        (await _places.EnterAsync(Lanes(Noisy, 2), default)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Lanes_of_slow_turns_rest_longer_and_never_for_longer_than_ten_seconds()
    {
        await _places.EnterAsync(Lanes(Noisy, 1), default);
        for (var i = 0; i < 100; i++)
        {
            await _places.EnterAsync(Lanes(Noisy, 1), default);
            _places.Leave(Noisy, TimeSpan.FromSeconds(8));
        }
        await _places.EnterAsync(Lanes(Noisy, 200), default);

        _givenBack.Min(c => c.Hold).ShouldBeInRange(TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(2.5));
        _givenBack.Max(c => c.Hold).ShouldBe(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task When_the_store_fails_no_place_stays_taken()
    {
        _connections.Unreadable = Quiet;
        await Should.ThrowAsync<StoreUnavailableException>(async () => await _places.EnterAsync([.. Lanes(Noisy, 4), .. Lanes(Quiet, 1)], default));
        (await _places.EnterAsync(Lanes(Noisy, 10), default)).Count.ShouldBe(4);
    }

    [Fact]
    public async Task A_connection_that_cannot_be_read_holds_up_no_other()
    {
        (_connections.Unreadable, _connections.Failure) = (Quiet, new JsonException("'b' is an invalid start of a value."));
        (await _places.EnterAsync([.. Lanes(Quiet, 1), .. Lanes(Noisy, 4)], default)).Count.ShouldBe(5);
    }

    [Theory]
    [InlineData("1", true)]
    [InlineData("10000", true)]
    [InlineData("0", false)]
    [InlineData("10001", false)]
    [InlineData("1.5", false)]
    [InlineData("\"5\"", false)]
    public void The_setting_is_a_number_of_lanes(string json, bool valid)
    {
        using var document = JsonDocument.Parse(json);
        (MaxLanesSetting.Validate(document.RootElement) is null).ShouldBe(valid);
    }

    public async ValueTask DisposeAsync() => await _commits.DisposeAsync();

    private static ConnectionSnapshot Connection(ConnectionId id)
    {
        using var settings = JsonDocument.Parse(id == Noisy ? """{"maxLanes": 4}""" : "{}");
        return new ConnectionSnapshot
        {
            Id = id,
            Platform = PlatformName.From("telegram"),
            DisplayName = "Test",
            Settings = settings.RootElement.Clone(),
            Secrets = new Dictionary<string, string>(),
            Bot = new BotSnapshot(new BotId(Guid.CreateVersion7()), "Bot", new AiSettings(), new ProcessingSettings(), 1),
        };
    }

    private static ClaimedLane[] Lanes(ConnectionId connection, int count) => [.. Enumerable.Range(0, count).Select(_ => TestLane.Claimed(connection))];

    private sealed class Connections : IConnectionDirectory
    {
        public ConnectionId? Unreadable { get; set; }

        public Exception Failure { get; set; } = new StoreUnavailableException(new TimeoutException());

        public ValueTask<ConnectionSnapshot?> FindAsync(ConnectionId id, CancellationToken cancellationToken) =>
            id == Unreadable ? throw Failure : new ValueTask<ConnectionSnapshot?>(Connection(id));

        public Task<IReadOnlyList<ConnectionSnapshot>> ListAsync(PlatformName platform, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask ChangedAsync(ConnectionId id, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task DisableAsync(ConnectionSnapshot refused, string reason, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
