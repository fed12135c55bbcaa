using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Telemetry;
using ChatOrchestrator.Application.Turns;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Application.Analytics;

/// <summary>Keeps the numbers up to date, behind everything else: one process at a time, in batches with pauses.</summary>
internal sealed partial class RollUpMessages(
    IAnalyticsStore store, INamedLeases leases, WorkerIdentity worker, IOptions<AnalyticsOptions> options, TimeProvider time, ILogger<RollUpMessages> logger) : BackgroundService
{
    private const string LeaseName = "analytics";

    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);

    /// <summary>Between two batches: the store belongs to the engine.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.RollUpSeconds == 0)
        {
            return;
        }
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.Value.RollUpSeconds), time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await LookAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await Task.WhenAny(leases.ReleaseAsync(LeaseName, worker.Name, CancellationToken.None));
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (await leases.TryAcquireAsync(LeaseName, worker.Name, Lease, cancellationToken))
            {
                var done = await store.RollUpAsync(options.Value.BatchSize, cancellationToken);
                EngineTelemetry.RolledUp.Add(done.Messages);
                if (!done.HasMore)
                {
                    return;
                }
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
        catch (StoreUnavailableException e) when (StatementTimedOutException.IsStoreAway(e))
        {
            // The next look goes on where this one ended.
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LookFailed(e);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Adding messages to the numbers failed")]
    private partial void LookFailed(Exception e);
}
