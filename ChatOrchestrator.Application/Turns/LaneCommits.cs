using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Telemetry;

namespace ChatOrchestrator.Application.Turns;

/// <summary>The commits of those who hold lanes, each shared by all that are in flight.</summary>
internal sealed class LaneCommits(ILaneStore store, Doorbell doorbell, TimeProvider time) : IAsyncDisposable
{
    /// <summary>
    /// How long a commit is tried again while the store is down. What was generated or sent is known only here: whoever
    /// took the lane after us would ask the model, or send the part, once more.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Sooner than any worker looks for lanes, so that a store that is back hears of the past before the future.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly Batcher<TurnCommit, TurnCommitted> _turns = new("turn", 4_096, 128, store.CommitTurnsAsync);
    private readonly Batcher<DeliveryCommit, DeliveryCommitted> _deliveries = new("delivery", 4_096, 128, store.CommitDeliveriesAsync);

    /// <summary>Saves a turn. False: the lease was lost and nothing was saved.</summary>
    public async Task<TurnCommitted> CommitAsync(TurnCommit turn, CancellationToken cancellationToken)
    {
        var committed = await PersistAsync(() => _turns.AddAsync(turn, cancellationToken), cancellationToken);
        if (committed.Held)
        {
            EngineTelemetry.Turns.Add(1, new KeyValuePair<string, object?>("state", TurnStateNames.Of(turn.State)));
        }
        else
        {
            EngineTelemetry.Fenced.Add(1);
        }
        return committed;
    }

    /// <summary>Saves an outcome, or gives the lane back. False: the lease was lost and nothing was saved.</summary>
    public async Task<bool> CommitAsync(DeliveryCommit delivery, CancellationToken cancellationToken)
    {
        var committed = await PersistAsync(() => _deliveries.AddAsync(delivery, cancellationToken), cancellationToken);
        if (!committed.Held)
        {
            EngineTelemetry.Fenced.Add(1);
        }
        else if (committed.DueIn is { } dueIn)
        {
            doorbell.RingHere(dueIn);
        }
        return committed.Held;
    }

    public async ValueTask DisposeAsync()
    {
        await _turns.DisposeAsync();
        await _deliveries.DisposeAsync();
    }

    private async Task<T> PersistAsync<T>(Func<Task<T>> commit, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await commit();
            }
            catch (StoreUnavailableException) when (time.GetElapsedTime(since) < Patience)
            {
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }
}
