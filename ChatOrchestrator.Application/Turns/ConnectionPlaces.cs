using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Telemetry;
using ChatOrchestrator.Domain.Bots;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Application.Turns;

/// <summary>
/// How many of a worker's places each connection has. The setting <c>maxLanes</c> of a connection says how many it may
/// have; without it a connection may have all but an eighth, so that a noisy one never has them all. Lanes over that go
/// back, due again about when a place will be free: spaced by how long the connection's lanes take, so that nobody spins.
/// </summary>
internal sealed class ConnectionPlaces(IConnectionDirectory connections, LaneCommits commits, IOptions<EngineOptions> options, TimeProvider time)
{
    private static readonly TimeSpan ShortestRest = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();

    /// <summary>Only connections with a lane in hand, or one given back a moment ago.</summary>
    private readonly Dictionary<ConnectionId, Usage> _usage = [];

    /// <summary>Takes a place for each lane that may have one, and gives the others back without counting an attempt. When it throws, no place is taken.</summary>
    public async ValueTask<IReadOnlyList<ClaimedLane>> EnterAsync(IReadOnlyList<ClaimedLane> lanes, CancellationToken cancellationToken)
    {
        var entered = new List<ClaimedLane>(lanes.Count);
        List<Task>? givenBack = null;
        try
        {
            foreach (var lane in lanes)
            {
                if (RestOf(lane.Connection, MaxLanesOf(await FindAsync(lane.Connection, cancellationToken))) is not { } rest)
                {
                    entered.Add(lane);
                    continue;
                }
                EngineTelemetry.GivenBack.Add(1);
                (givenBack ??= []).Add(commits.CommitAsync(new DeliveryCommit { Lease = lane.Lease, Next = LaneNext.Hold, Hold = rest }, cancellationToken));
            }
            await Task.WhenAll(givenBack ?? []);
            return entered;
        }
        catch
        {
            entered.ForEach(lane => Leave(lane.Connection, TimeSpan.Zero));
            throw;
        }
    }

    /// <summary>One that cannot be read has no setting: whoever loads its lanes next says so and puts them aside. The lanes of the others must not wait for it.</summary>
    private async ValueTask<ConnectionSnapshot?> FindAsync(ConnectionId id, CancellationToken cancellationToken)
    {
        try
        {
            return await connections.FindAsync(id, cancellationToken);
        }
        catch (Exception e) when (e is not (OperationCanceledException or StoreUnavailableException))
        {
            return null;
        }
    }

    /// <summary>Gives a place back.</summary>
    /// <param name="id">Whose.</param>
    /// <param name="took">How long the lane had it.</param>
    public void Leave(ConnectionId id, TimeSpan took)
    {
        lock (_gate)
        {
            if (!_usage.TryGetValue(id, out var usage))
            {
                return;
            }
            usage.Lanes--;
            usage.Took += (Math.Min(took.TotalSeconds, LongestRest.TotalSeconds) - usage.Took) / 8;
            if (usage.Lanes == 0 && usage.NextFree <= time.GetTimestamp())
            {
                _usage.Remove(id);
            }
        }
    }

    /// <summary>Null: it has a place. Otherwise how long it should rest.</summary>
    private TimeSpan? RestOf(ConnectionId id, int limit)
    {
        lock (_gate)
        {
            if (!_usage.TryGetValue(id, out var usage))
            {
                _usage[id] = usage = new Usage();
            }
            if (usage.Lanes < limit)
            {
                usage.Lanes++;
                return null;
            }
            // One more rests behind those that rest already: places come free once per "took / limit".
            var now = time.GetTimestamp();
            usage.NextFree = Math.Max(usage.NextFree, now) + (long)(usage.Took / limit * time.TimestampFrequency);
            var rest = time.GetElapsedTime(now, usage.NextFree);
            return rest < ShortestRest ? ShortestRest : rest > LongestRest ? LongestRest : rest;
        }
    }

    private int MaxLanesOf(ConnectionSnapshot? connection)
    {
        var all = options.Value.MaxLanes;
        return connection is not null && MaxLanesSetting.Read(connection.Settings) is { } own ? Math.Min(own, all) : all - all / 8;
    }

    private sealed class Usage
    {
        public int Lanes { get; set; }

        /// <summary>How long a lane has its place, in seconds: a moving average.</summary>
        public double Took { get; set; } = 0.1;

        /// <summary>When the last lane that was given back may expect a place.</summary>
        public long NextFree { get; set; }
    }
}
