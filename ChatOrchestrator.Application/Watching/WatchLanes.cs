using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Telemetry;
using ChatOrchestrator.Application.Turns;
using ChatOrchestrator.Domain.Conversations;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Application.Watching;

/// <summary>
/// The watchdog: one process at a time looks for lanes that do not get on, says why, and makes those due that nobody would
/// ever look at again.
/// </summary>
internal sealed partial class WatchLanes(
    ReadStuckLanes stuck,
    ILaneWatch watch,
    INamedLeases leases,
    WorkerIdentity worker,
    Doorbell doorbell,
    IOptions<EngineOptions> options,
    TimeProvider time,
    ILogger<WatchLanes> logger) : BackgroundService
{
    private const string LeaseName = "watchdog";
    private const int MaxReported = 100;
    private const int RepairSlice = 1_000;

    /// <summary>What was said already: nobody reads the same line every few seconds.</summary>
    private HashSet<(ConversationId, StuckReason)> _reported = [];
    private ConversationId _repairedThrough;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var interval = TimeSpan.FromSeconds(options.Value.WatchSeconds);
        using var timer = new PeriodicTimer(interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await LookAsync(interval, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await Task.WhenAny(leases.ReleaseAsync(LeaseName, worker.Name, CancellationToken.None));
        }
    }

    private async Task LookAsync(TimeSpan interval, CancellationToken cancellationToken)
    {
        try
        {
            if (!await leases.TryAcquireAsync(LeaseName, worker.Name, 2 * interval + TimeSpan.FromSeconds(5), cancellationToken))
            {
                Report([]);
                return;
            }
            Report(await stuck.HandleAsync(MaxReported, BotScope.All, cancellationToken));
            var repairs = await watch.RepairAsync(_repairedThrough, RepairSlice, cancellationToken);
            _repairedThrough = repairs.Last ?? default;
            foreach (var lane in repairs.Repaired)
            {
                EngineTelemetry.Repaired.Add(1);
                Repaired(lane);
            }
            if (repairs.Repaired.Count > 0)
            {
                doorbell.Ring(0);
            }
        }
        catch (StoreUnavailableException e) when (StatementTimedOutException.IsStoreAway(e))
        {
            // The pump says so already, and nothing can be found out now.
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LookFailed(e);
        }
    }

    private void Report(IReadOnlyList<StuckLane> lanes)
    {
        foreach (var reason in Enum.GetValues<StuckReason>())
        {
            EngineTelemetry.Stuck.Record(lanes.Count(l => l.Reason == reason), new KeyValuePair<string, object?>("reason", ReadStuckLanes.Word(reason)));
        }
        foreach (var lane in lanes)
        {
            if (!_reported.Contains((lane.Conversation, lane.Reason)))
            {
                LaneStuck(lane.Conversation, lane.Connection, ReadStuckLanes.Word(lane.Reason), ReadStuckLanes.Explain(lane));
            }
        }
        _reported = [.. lanes.Select(l => (l.Conversation, l.Reason))];
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Lane {ConversationId} of connection {ConnectionId} is stuck ({Reason}). {Explanation}")]
    private partial void LaneStuck(ConversationId conversationId, Domain.Bots.ConnectionId connectionId, string reason, string explanation);

    [LoggerMessage(Level = LogLevel.Error, Message = "Lane {ConversationId} waited without a due time, which must not happen; it is due now")]
    private partial void Repaired(ConversationId conversationId);

    [LoggerMessage(Level = LogLevel.Error, Message = "Looking for stuck lanes failed")]
    private partial void LookFailed(Exception e);
}
