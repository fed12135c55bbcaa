using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Telemetry;
using ChatOrchestrator.Application.Turns;
using ChatOrchestrator.Domain.Bots;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Application.Retention;

/// <summary>
/// Deletes messages that are older than their bot keeps them (<c>processing.retentionDays</c>), one process at a time, in
/// small batches with pauses: it never holds up the engine, and stops in the middle without harm.
/// </summary>
internal sealed partial class DeleteOldMessages(
    IRetentionStore store,
    INamedLeases leases,
    WorkerIdentity worker,
    IOptions<EngineOptions> options,
    TimeProvider time,
    ILogger<DeleteOldMessages> logger) : BackgroundService
{
    private const string LeaseName = "retention";
    private const int ConversationsPerBatch = 20;
    private const int MessagesPerConversation = 25;
    private const int EventsPerBatch = 500;

    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);

    /// <summary>Between two batches: the store belongs to the engine.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.Value.RetentionSeconds), time);
        try
        {
            do
            {
                await LookAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await Task.WhenAny(leases.ReleaseAsync(LeaseName, worker.Name, CancellationToken.None));
        }
    }

    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!await HoldAsync(cancellationToken))
            {
                return;
            }
            foreach (var bot in await store.ListBotsAsync(cancellationToken))
            {
                if (!await DeleteAsync(bot.Id, time.GetUtcNow() - TimeSpan.FromDays(bot.Days), cancellationToken))
                {
                    return;
                }
            }
        }
        catch (StoreUnavailableException e) when (StatementTimedOutException.IsStoreAway(e))
        {
            // The next look goes on where this one ended: at the oldest.
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LookFailed(e);
        }
    }

    /// <summary>False: another process does it from here on.</summary>
    private async Task<bool> DeleteAsync(BotId bot, DateTimeOffset before, CancellationToken cancellationToken)
    {
        long messages = 0, events = 0;
        var slice = new RetentionSlice(default, ConversationsPerBatch, MessagesPerConversation);
        while (true)
        {
            if (!await HoldAsync(cancellationToken))
            {
                return false;
            }
            var batch = await store.DeleteMessagesAsync(bot, before, slice, cancellationToken);
            messages += batch.Messages;
            await Task.Delay(Pause, time, cancellationToken);
            if (batch.HasMore)
            {
                continue;
            }
            if (batch.Last is not { } last)
            {
                break;
            }
            slice = slice with { After = last };
        }
        for (var deleted = 1; deleted > 0; events += deleted)
        {
            if (!await HoldAsync(cancellationToken))
            {
                return false;
            }
            deleted = await store.DeleteEventsAsync(bot, before, EventsPerBatch, cancellationToken);
            await Task.Delay(Pause, time, cancellationToken);
        }
        EngineTelemetry.Expired.Add(messages);
        if (messages + events > 0)
        {
            Deleted(bot, messages, events, before);
        }
        return true;
    }

    private Task<bool> HoldAsync(CancellationToken cancellationToken) => leases.TryAcquireAsync(LeaseName, worker.Name, Lease, cancellationToken);

    [LoggerMessage(Level = LogLevel.Information, Message = "Bot {BotId}: {Messages} messages and {Events} events from before {Before} deleted")]
    private partial void Deleted(BotId botId, long messages, long events, DateTimeOffset before);

    [LoggerMessage(Level = LogLevel.Error, Message = "Deleting old messages failed")]
    private partial void LookFailed(Exception e);
}
