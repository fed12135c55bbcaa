using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Application.Access;

/// <summary>Once a minute, away from every request: notes when keys were last used, and deletes what has expired.</summary>
public sealed partial class AccessUpkeep(FindCaller callers, IApiKeyStore keys, IAccessUpkeep store, TimeProvider time, ILogger<AccessUpkeep> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await RunAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await RunAsync(stoppingToken);
        }
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            var uses = callers.TakeUses();
            if (uses.Count > 0)
            {
                await keys.NoteUsesAsync(uses, cancellationToken);
            }
            await store.DeleteExpiredAsync(cancellationToken);
        }
        catch (StoreUnavailableException e) when (StatementTimedOutException.IsStoreAway(e))
        {
            Postponed();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            UpkeepFailed(e);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The store is away: the upkeep of keys and sessions waits")]
    private partial void Postponed();

    [LoggerMessage(Level = LogLevel.Error, Message = "The upkeep of keys and sessions failed; it is tried again")]
    private partial void UpkeepFailed(Exception e);
}
