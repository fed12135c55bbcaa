using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Telemetry;
using ChatOrchestrator.Domain.Conversations;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Application.Turns;

/// <summary>Claims due lanes in batches and works on them side by side; wakes by the doorbell, and slowly by itself.</summary>
internal sealed partial class LanePump(
    ILaneStore store,
    IConnectionDirectory connections,
    Platforms platforms,
    LanePlaces places,
    LaneLeases leases,
    ConnectionPlaces connectionPlaces,
    ProcessLane process,
    Doorbell doorbell,
    ISignals signals,
    EngineState state,
    WorkerIdentity worker,
    IOptions<EngineOptions> options,
    TimeProvider time,
    ILogger<LanePump> logger) : BackgroundService
{
    private const int MaxClaim = 100;
    private const int MaxBurst = 50;
    private const int MaxTimedOut = 2;

    /// <summary>How many waiting messages are loaded for turns of their own, which the lane may take without being claimed anew.</summary>
    private const int Lookahead = 16;

    private static readonly TimeSpan WhileUnreadable = TimeSpan.FromMinutes(1);

    /// <summary>How long lanes rest that were not looked at because reading others had met a time limit twice in a row.</summary>
    private static readonly TimeSpan WhileSlow = TimeSpan.FromSeconds(5);

    // Not disposed: turns may still be running when the host goes away, and it holds no handle.
    private readonly CancellationTokenSource _abort = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var rings = await doorbell.ListenAsync(stoppingToken);
        await using var interrupts = await signals.SubscribeAsync(Interrupts.Channel, OnInterrupt, stoppingToken);
        await using var edits = await signals.SubscribeAsync(Edits.Channel, OnEdit, stoppingToken);
        var renewing = leases.RenewUntilAsync(_abort.Token);
        Started(worker.Name, options.Value.MaxLanes);
        try
        {
            while (true)
            {
                await ClaimAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            state.Stopped();
        }
        await DrainAsync();
        await _abort.CancelAsync();
        await Task.WhenAny(renewing);
    }

    private async Task ClaimAsync(CancellationToken stopping)
    {
        var free = await places.TakeAsync(MaxClaim, stopping);
        var (claimed, found) = (0, 0);
        var asked = time.GetTimestamp();
        IReadOnlyList<ClaimedLane> entered = [];
        try
        {
            var lanes = await store.ClaimAsync(worker.Name, free, options.Value.Lease, stopping);
            state.Looked();
            found = lanes.Count;
            if (found > 0)
            {
                // From here on the lanes are ours: they are worked on, or given back when stopping.
                entered = await connectionPlaces.EnterAsync(lanes, _abort.Token);
                var contents = await LoadAsync(entered);
                for (; claimed < entered.Count; claimed++)
                {
                    if (contents[claimed] is { } content)
                    {
                        Start(entered[claimed], content, asked);
                    }
                    else
                    {
                        connectionPlaces.Leave(entered[claimed].Connection, TimeSpan.Zero);
                        places.Release();
                    }
                }
            }
        }
        catch (StoreUnavailableException e)
        {
            StoreDown(e.InnerException?.GetType().Name);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Not ours to end for: the lanes come due again when their leases run out.
            found = 0;
            ClaimingBroke(e);
        }
        finally
        {
            for (var i = claimed; i < entered.Count; i++)
            {
                connectionPlaces.Leave(entered[i].Connection, TimeSpan.Zero);
            }
            if (free > claimed)
            {
                places.Release(free - claimed);
            }
        }
        if (found < free)
        {
            await doorbell.WaitAsync(TimeSpan.FromMilliseconds(options.Value.PollMs), stopping);
        }
    }

    /// <summary>Null for a lane that cannot be read, such as one with a message that a newer build has stored: it rests, and the others go on.</summary>
    private async Task<IReadOnlyList<LaneContent?>> LoadAsync(IReadOnlyList<ClaimedLane> lanes)
    {
        if (lanes.Count == 0)
        {
            return [];
        }
        try
        {
            return await ReadAsync(lanes);
        }
        catch (Exception e) when (e is not OperationCanceledException && !StatementTimedOutException.IsStoreAway(e))
        {
            var contents = new LaneContent?[lanes.Count];
            var timedOut = 0;
            for (var i = 0; i < contents.Length; i++)
            {
                if (timedOut == MaxTimedOut)
                {
                    await RestAsync([.. lanes.Skip(i)], WhileSlow);
                    break;
                }
                (contents[i], var failure) = lanes.Count == 1 ? (null, e) : await TryReadAsync(lanes[i]);
                timedOut = failure is StatementTimedOutException ? timedOut + 1 : 0;
                if (failure is not null)
                {
                    LaneUnreadable(failure, lanes[i].Conversation);
                    await RestAsync([lanes[i]], WhileUnreadable);
                }
            }
            return contents;
        }
    }

    private async Task<(LaneContent?, Exception?)> TryReadAsync(ClaimedLane lane)
    {
        try
        {
            return ((await ReadAsync([lane]))[0], null);
        }
        catch (Exception e) when (e is not OperationCanceledException && !StatementTimedOutException.IsStoreAway(e))
        {
            return (null, e);
        }
    }

    private async Task RestAsync(IReadOnlyList<ClaimedLane> lanes, TimeSpan rest)
    {
        try
        {
            await store.CommitAsync([.. lanes.Select(l => new DeliveryCommit { Lease = l.Lease, Next = LaneNext.Hold, Hold = rest })], [], _abort.Token);
        }
        catch (StatementTimedOutException e)
        {
            // Their leases run out; those that were read must not wait for that.
            StoreDown(e.InnerException?.GetType().Name);
        }
    }

    private async Task<IReadOnlyList<LaneContent>> ReadAsync(IReadOnlyList<ClaimedLane> lanes)
    {
        var queries = new LaneQuery[lanes.Count];
        for (var i = 0; i < queries.Length; i++)
        {
            var connection = await connections.FindAsync(lanes[i].Connection, _abort.Token);
            queries[i] = connection is null
                ? new LaneQuery(lanes[i], 0, 0)
                : new LaneQuery(lanes[i], platforms.QuietPeriodMs(connection) > 0 ? MaxBurst : lanes[i].IsGroup ? 1 : Lookahead, connection.Bot.Ai.MaxHistory);
        }
        return await store.LoadAsync(queries, _abort.Token);
    }

    private void Start(ClaimedLane lane, LaneContent content, long claimedAt)
    {
        if (lane.TakenOverFrom is not null)
        {
            EngineTelemetry.Takeovers.Add(1);
            TakenOver(lane.Conversation, lane.TakenOverFrom);
        }
        var held = leases.Add(lane, claimedAt, _abort.Token);
        _ = Task.Run(async () =>
        {
            try
            {
                await process.HandleAsync(held, content);
            }
            finally
            {
                leases.Remove(held);
                connectionPlaces.Leave(lane.Connection, time.GetElapsedTime(claimedAt));
                places.Release();
            }
        });
    }

    /// <summary>Lets running turns finish for a while; then they are cancelled and give their lanes back.</summary>
    private async Task DrainAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(options.Value.DrainSeconds), time);
        if (await places.DrainAsync(patience.Token) is > 0 and var left)
        {
            DrainCut(left);
            await _abort.CancelAsync();
            await places.DrainAsync(CancellationToken.None);
        }
    }

    private void OnInterrupt(string payload)
    {
        if (Interrupts.TryRead(payload, out var interrupt))
        {
            leases.Interrupt(interrupt);
        }
    }

    private void OnEdit(string payload)
    {
        if (Edits.TryRead(payload, out var connection))
        {
            leases.Outdate(connection);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Worker {Worker} takes lanes, {MaxLanes} at a time")]
    private partial void Started(string worker, int maxLanes);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Lane {ConversationId} taken over from {PreviousWorker}, which had not released it")]
    private partial void TakenOver(ConversationId conversationId, string previousWorker);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The store is unavailable ({Error}); trying again")]
    private partial void StoreDown(string? error);

    [LoggerMessage(Level = LogLevel.Error, Message = "Claiming lanes broke; trying again")]
    private partial void ClaimingBroke(Exception e);

    [LoggerMessage(Level = LogLevel.Error, Message = "Lane {ConversationId} cannot be read; it rests for a minute")]
    private partial void LaneUnreadable(Exception e, ConversationId conversationId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Stopping with {Count} turns still running: they are given back")]
    private partial void DrainCut(int count);
}
