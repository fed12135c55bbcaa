using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Telemetry;
using ChatOrchestrator.Domain.Messages;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Application.Turns;

/// <summary>The commits of those who hold lanes: one at a time in this process, shared by all that are in flight.</summary>
internal sealed partial class LaneCommits(ILaneStore store, IBudgetStore budgets, LanePlaces places, Doorbell doorbell, TimeProvider time, ILogger<LaneCommits> logger) : IAsyncDisposable
{
    /// <summary>
    /// How long a commit is tried again while the store is down. What was generated or sent is known only here: whoever
    /// took the lane after us would ask the model, or send the part, once more.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Sooner than any worker looks for lanes, so that a store that is back hears of the past before the future.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>What met a time limit of the store is tried again at growing distances: each time, others wait for it.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a commit waits for the lanes that are answered next, while <see cref="ManyWaiting"/> wait for the model or the
    /// platform: for the store one costs nearly as much as six. Where answers come at once no lanes wait, and no commit does.
    /// </summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(2);

    private const int ManyWaiting = 16;

    private readonly Batcher<Entry, Result> _entries = new(
        "lane",
        4_096,
        24,
        (entries, token) => CommitAsync(store, entries, token),
        () => places.Waiting >= ManyWaiting ? Task.Delay(Gathering, time) : Task.CompletedTask);

    /// <summary>Saves a turn. False: the lease was lost and nothing was saved.</summary>
    public async Task<TurnCommitted> CommitAsync(HeldLane held, TurnCommit turn, CancellationToken cancellationToken)
    {
        // The outcome of the turn before may share this commit; it stands before the turn there.
        var committing = PersistAsync(new Entry(null, turn), cancellationToken);
        var isSettled = await held.Unsettled;
        var committed = (await committing).Turn;
        if (!committed.Held && turn.Charge is { } charge)
        {
            // The answer is nobody's, and was paid for all the same.
            await SettleAsync(charge);
        }
        if (!isSettled)
        {
            return default;
        }
        if (committed.Held)
        {
            EngineTelemetry.Turns.Add(1, new KeyValuePair<string, object?>("state", TurnStateNames.Of(turn.State)));
            if (turn.DeadLetterOf is not null)
            {
                EngineTelemetry.DeadLetters.Add(1, new KeyValuePair<string, object?>("stage", DeadLetter.TurnStage));
            }
        }
        else
        {
            EngineTelemetry.Fenced.Add(1);
        }
        return committed;
    }

    /// <summary>Saves an outcome, or gives the lane back. False: the lease was lost and nothing was saved.</summary>
    public async Task<bool> CommitAsync(HeldLane held, DeliveryCommit delivery, CancellationToken cancellationToken)
    {
        if (delivery.Next == LaneNext.Keep || held.Record.TakeCharge() is not { } charge)
        {
            return await held.Unsettled && await CommitAsync(delivery, cancellationToken);
        }
        if (await held.Unsettled && await CommitAsync(delivery with { Charge = charge }, cancellationToken))
        {
            return true;
        }
        await SettleAsync(charge);
        return false;
    }

    /// <summary>Of a lane that is somebody else's by now: what its turn has used was paid for, and is charged without it.</summary>
    public Task SettleAsync(HeldLane held) => held.Record.TakeCharge() is { } charge ? SettleAsync(charge) : Task.CompletedTask;

    /// <summary>Saves an outcome while the lane goes on to its next turn, whose commit waits for this one.</summary>
    public async Task BeginCommitAsync(HeldLane held, DeliveryCommit delivery)
    {
        await held.Unsettled;
        held.Unsettled = CommitAsync(delivery, CancellationToken.None);
    }

    /// <summary>For a lane that nobody has begun to work on: there is nothing before it to wait for.</summary>
    public async Task<bool> CommitAsync(DeliveryCommit delivery, CancellationToken cancellationToken)
    {
        var committed = await PersistAsync(delivery, cancellationToken);
        if (!committed.Held)
        {
            EngineTelemetry.Fenced.Add(1);
            return false;
        }
        if (delivery.Part is { DeadLetter: true })
        {
            EngineTelemetry.DeadLetters.Add(1, new KeyValuePair<string, object?>("stage", DeadLetter.DeliveryStage));
        }
        if (committed.DueIn is { } dueIn)
        {
            doorbell.RingHere(dueIn);
        }
        return true;
    }

    public ValueTask DisposeAsync() => _entries.DisposeAsync();

    /// <summary>
    /// The id that the platform gave a part may be one that no store takes. That the part was sent is saved all the same: it
    /// would be sent again without end.
    /// </summary>
    private async Task<DeliveryCommitted> PersistAsync(DeliveryCommit delivery, CancellationToken cancellationToken)
    {
        try
        {
            return (await PersistAsync(new Entry(delivery, null), cancellationToken)).Delivery;
        }
        catch (Exception e) when (delivery.Part is { PlatformMessageId: not null } && e is not (StoreUnavailableException or OperationCanceledException))
        {
            var part = delivery.Part with { PlatformMessageId = null };
            IdNotSaved(part.MessageId, part.Ordinal, e.GetType().Name);
            return (await PersistAsync(new Entry(delivery with { Part = part }, null), cancellationToken)).Delivery;
        }
    }

    private Task<Result> PersistAsync(Entry entry, CancellationToken cancellationToken) =>
        PatientlyAsync(() => _entries.AddAsync(entry, cancellationToken), cancellationToken);

    /// <summary>There is no token: whoever interrupts the turn (<c>/stop</c>) cancels what belongs to it, and what was used must be charged all the same.</summary>
    private async Task SettleAsync(BudgetCharge charge) => await PatientlyAsync(
        async () =>
        {
            await budgets.SettleAsync(charge, CancellationToken.None);
            return true;
        },
        CancellationToken.None);

    private async Task<T> PatientlyAsync<T>(Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        var pause = Pause;
        while (true)
        {
            try
            {
                return await ask();
            }
            catch (StoreUnavailableException e) when (time.GetElapsedTime(since) < Patience)
            {
                await Task.Delay(pause, time, cancellationToken);
                pause = StatementTimedOutException.IsStoreAway(e) ? Pause : 2 * pause < LongestPause ? 2 * pause : LongestPause;
            }
        }
    }

    private static async Task<IReadOnlyList<Result>> CommitAsync(ILaneStore store, IReadOnlyList<Entry> entries, CancellationToken cancellationToken)
    {
        var deliveries = new List<DeliveryCommit>(entries.Count);
        var turns = new List<TurnCommit>(entries.Count);
        foreach (var entry in entries)
        {
            if (entry.Delivery is { } delivery)
            {
                deliveries.Add(delivery);
            }
            else
            {
                turns.Add(entry.Turn!);
            }
        }
        var committed = await store.CommitAsync(deliveries, turns, cancellationToken);
        var results = new Result[entries.Count];
        int d = 0, t = 0;
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = entries[i].Delivery is null ? new Result(default, committed.Turns[t++]) : new Result(committed.Deliveries[d++], default);
        }
        return results;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Part {Ordinal} of message {MessageId} is sent, but the id that the platform gave it cannot be saved ({Error})")]
    private partial void IdNotSaved(Guid messageId, int ordinal, string error);

    /// <summary>Either of the two.</summary>
    private readonly record struct Entry(DeliveryCommit? Delivery, TurnCommit? Turn);

    private readonly record struct Result(DeliveryCommitted Delivery, TurnCommitted Turn);
}
