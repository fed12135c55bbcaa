using System.Threading.Channels;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Telemetry;

namespace ChatOrchestrator.Application;

/// <summary>
/// Group commit: whatever is waiting when the previous commit ends shares the next one. Nothing is delayed to fill a batch,
/// unless whoever owns it knows that more is about to come.
/// A batch that fails for a reason of its own is run again item by item, so that one bad item harms only itself. So is one
/// that met a time limit of the store; when two in a row do so alone, it is the store that is slow, and the rest is not tried.
/// </summary>
public sealed class Batcher<TItem, TResult> : IAsyncDisposable
{
    private const int MaxTimedOut = 2;

    private readonly Channel<Entry> _entries;
    private readonly Func<IReadOnlyList<TItem>, CancellationToken, Task<IReadOnlyList<TResult>>> _commit;
    private readonly Func<Task>? _gather;
    private readonly KeyValuePair<string, object?> _tag;
    private readonly int _maxBatch;
    private readonly Task _loop;

    /// <param name="name">For the metrics.</param>
    /// <param name="capacity">How many items may wait.</param>
    /// <param name="maxBatch">How many items share one commit at most.</param>
    /// <param name="commit">One commit; results stand in the order of the items.</param>
    /// <param name="gather">Awaited before a commit that has room for more, while more may come. Must not throw.</param>
    public Batcher(string name, int capacity, int maxBatch, Func<IReadOnlyList<TItem>, CancellationToken, Task<IReadOnlyList<TResult>>> commit, Func<Task>? gather = null)
    {
        _entries = Channel.CreateBounded<Entry>(new BoundedChannelOptions(capacity) { SingleReader = true });
        _commit = commit;
        _gather = gather;
        _maxBatch = maxBatch;
        _tag = new("batch", name);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Waits for a place, then for the commit. Once in, an item is committed whether or not the caller still waits.</summary>
    public async Task<TResult> AddAsync(TItem item, CancellationToken cancellationToken)
    {
        var entry = new Entry(item);
        if (!_entries.Writer.TryWrite(entry))
        {
            await _entries.Writer.WriteAsync(entry, cancellationToken);
        }
        return await entry.Task;
    }

    /// <summary>Like <see cref="AddAsync"/>, but never waits for a place.</summary>
    /// <exception cref="OverloadedException">All places are taken.</exception>
    public Task<TResult> AddOrRefuseAsync(TItem item)
    {
        var entry = new Entry(item);
        return _entries.Writer.TryWrite(entry) ? entry.Task : throw new OverloadedException();
    }

    public async ValueTask DisposeAsync()
    {
        _entries.Writer.TryComplete();
        await _loop;
    }

    private async Task RunAsync()
    {
        var batch = new List<Entry>(_maxBatch);
        while (await _entries.Reader.WaitToReadAsync())
        {
            if (_gather is not null && _entries.Reader.Count < _maxBatch)
            {
                await _gather();
            }
            while (batch.Count < _maxBatch && _entries.Reader.TryRead(out var entry))
            {
                batch.Add(entry);
            }
            EngineTelemetry.BatchSize.Record(batch.Count, _tag);
            await CommitAsync(batch);
            batch.Clear();
        }
    }

    private async Task CommitAsync(List<Entry> batch)
    {
        if (await TryAsync(batch) is not { } failure)
        {
            return;
        }
        var ofAll = batch.Count == 1 || StatementTimedOutException.IsStoreAway(failure) ? failure : null;
        var timedOut = 0;
        foreach (var entry in batch)
        {
            var alone = ofAll ?? await TryAsync([entry]);
            if (alone is not null)
            {
                entry.SetException(alone);
            }
            timedOut = alone is StatementTimedOutException ? timedOut + 1 : 0;
            ofAll ??= timedOut == MaxTimedOut ? alone : null;
        }
    }

    /// <summary>Null: everything is committed, and those who wait for it know.</summary>
    private async Task<Exception?> TryAsync(IReadOnlyList<Entry> batch)
    {
        try
        {
            var items = new TItem[batch.Count];
            for (var i = 0; i < items.Length; i++)
            {
                items[i] = batch[i].Item;
            }
            var results = await _commit(items, CancellationToken.None);
            for (var i = 0; i < items.Length; i++)
            {
                batch[i].SetResult(results[i]);
            }
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }

    private sealed class Entry(TItem item) : TaskCompletionSource<TResult>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public TItem Item { get; } = item;
    }
}

/// <summary>More is coming in than can be stored: 503, and the platform delivers again.</summary>
public sealed class OverloadedException() : Exception("Too much is waiting to be stored.");
