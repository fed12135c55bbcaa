using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Application.Turns;

/// <summary>
/// How many lanes this process has in hand, and how many of them it is busy with: a lane that waits for the model or the
/// platform costs nothing but memory. New lanes are taken only while there is room in both respects, so that a worker that
/// cannot keep up lets messages gather (they are dealt with together then) instead of crowding the store that webhooks
/// wait for.
/// </summary>
internal sealed class LanePlaces(IOptions<EngineOptions> options)
{
    private readonly Lock _gate = new();
    private int _held;
    private int _waiting;
    private TaskCompletionSource? _changed;

    /// <summary>How many lanes wait for the model or the platform now.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Waits until there is room for a lane, and takes up to <paramref name="max"/> places.</summary>
    public async ValueTask<int> TakeAsync(int max, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                var free = Math.Min(options.Value.MaxLanes - _held, options.Value.MaxBusyLanes - (_held - _waiting));
                if (free > 0)
                {
                    var taken = Math.Min(free, max);
                    _held += taken;
                    return taken;
                }
                changed = Changed();
            }
            await changed.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Gives places back.</summary>
    public void Release(int count = 1)
    {
        lock (_gate)
        {
            _held -= count;
            Signal();
        }
    }

    /// <summary>While the result is not disposed, a lane waits for somebody else.</summary>
    public Wait BeginWait()
    {
        lock (_gate)
        {
            _waiting++;
            Signal();
        }
        return new Wait(this);
    }

    /// <summary>Waits until no lane is in hand; returns at once how many still were when it was cancelled.</summary>
    public async Task<int> DrainAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_held == 0 || cancellationToken.IsCancellationRequested)
                {
                    return _held;
                }
                changed = Changed();
            }
            try
            {
                await changed.WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                // Says how many are left.
            }
        }
    }

    private Task Changed() => (_changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    private void Signal()
    {
        _changed?.SetResult();
        _changed = null;
    }

    private void EndWait()
    {
        lock (_gate)
        {
            _waiting--;
        }
    }

    /// <summary>A lane's wait for somebody else.</summary>
    internal readonly struct Wait(LanePlaces places) : IDisposable
    {
        public void Dispose() => places.EndWait();
    }
}
