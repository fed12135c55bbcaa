using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.ServiceDefaults;

/// <summary>
/// Between the order to stop and the closing of the listener: the process says that it is not ready, ends the connections it
/// is kept alive on with their next answer, and goes on serving until nobody sends it requests any more.
/// </summary>
/// <remarks>A host calls <see cref="StoppingAsync"/> of every service before it stops the first, and the server is one.</remarks>
internal sealed partial class LeaveRotation(IOptions<ShutdownOptions> options, TimeProvider time, ILogger<LeaveRotation> logger) : IHostedLifecycleService
{
    private volatile bool _isLeaving;

    /// <summary>No new requests are wanted.</summary>
    public bool IsLeaving => _isLeaving;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _isLeaving = true;
        var delay = TimeSpan.FromSeconds(options.Value.DelaySeconds);
        if (delay > TimeSpan.Zero)
        {
            LogLeaving(delay.TotalSeconds);
            // Ends early when the host runs out of patience.
            await Task.WhenAny(Task.Delay(delay, time, cancellationToken));
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(LogLevel.Information, "Stopping: not ready any more; the listener closes in {Seconds} s")]
    private partial void LogLeaving(double seconds);
}
