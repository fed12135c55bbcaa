using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Telemetry;
using ChatOrchestrator.Domain.Notifications;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Application.Notifications;

/// <summary>
/// Delivers what the outbox holds, in as many processes as there are: each attempt is leased, so that a dead process's are
/// taken over, and bounded. A receiver may see a notification twice, never not at all while it answers; order is not kept.
/// </summary>
internal sealed partial class DeliverNotifications(
    INotificationOutbox outbox,
    IEnumerable<INotificationChannel> channels,
    IConnectionSecrets protection,
    ISignals signals,
    IOptions<NotificationOptions> options,
    IOptions<EngineOptions> engine,
    TimeProvider time,
    ILogger<DeliverNotifications> logger) : BackgroundService
{
    private const double LongestRetry = 3_600;

    private static readonly TimeSpan Upkeep = TimeSpan.FromHours(1);

    private readonly Dictionary<string, INotificationChannel> _channels = channels.ToDictionary(c => c.Name);
    private readonly ConcurrentDictionary<(Guid Rule, Guid Event), Task> _running = new();
    private readonly SemaphoreSlim _awake = new(0, 1);
    private readonly NotificationOptions _options = options.Value;

    public override void Dispose()
    {
        _awake.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var bell = await signals.SubscribeAsync(RaiseNotification.Channel, _ => Wake(), stoppingToken);
        var cleaned = time.GetTimestamp() - (long)(Upkeep.TotalSeconds * time.TimestampFrequency);
        try
        {
            while (true)
            {
                var wait = await LookAsync(stoppingToken);
                if (time.GetElapsedTime(cleaned) >= Upkeep && await CleanAsync(stoppingToken))
                {
                    cleaned = time.GetTimestamp();
                }
                if (wait)
                {
                    await WaitAsync(stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What does not end in time is claimed by another process when its lease runs out.
            await Task.WhenAny(Task.WhenAll(_running.Values), Task.Delay(TimeSpan.FromSeconds(engine.Value.DrainSeconds), time, CancellationToken.None));
        }
    }

    /// <summary>Claims and starts what is due. True: there is nothing more to start now.</summary>
    private async Task<bool> LookAsync(CancellationToken cancellationToken)
    {
        var free = _options.MaxConcurrent - _running.Count;
        if (free <= 0)
        {
            return true;
        }
        try
        {
            var inHand = _running.Keys.GroupBy(k => k.Rule).ToDictionary(g => g.Key, g => g.Count());
            var claimed = await outbox.ClaimAsync(free, _options.MaxPerRule, inHand, _options.Lease, cancellationToken);
            foreach (var notification in claimed)
            {
                var key = (notification.RuleId, notification.EventId);
                var run = new Task<Task>(() => RunAsync(key, notification));
                _running[key] = run.Unwrap();
                run.Start(TaskScheduler.Default);
            }
            return claimed.Count == 0;
        }
        catch (StoreUnavailableException e) when (StatementTimedOutException.IsStoreAway(e))
        {
            // The pump says so already.
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LookFailed(e);
        }
        return true;
    }

    private async Task RunAsync((Guid Rule, Guid Event) key, ClaimedNotification claimed)
    {
        try
        {
            await DeliverAsync(claimed);
        }
        catch (StoreUnavailableException e) when (StatementTimedOutException.IsStoreAway(e))
        {
            // Its lease runs out, and it is tried again: the receiver may get it twice.
            NotSettled(claimed.EventId, claimed.RuleId, e.GetType().Name);
        }
        catch (Exception e)
        {
            DeliveryFailed(claimed.EventId, claimed.RuleId, e);
        }
        finally
        {
            _running.TryRemove(key, out _);
            Wake();
        }
    }

    private async Task DeliverAsync(ClaimedNotification claimed)
    {
        var (at, since) = (time.GetUtcNow(), time.GetTimestamp());
        var outcome = await TryAsync(claimed);
        var isLast = outcome.Result == NotificationResult.Retry && claimed.Attempt >= _options.MaxAttempts;
        var state = outcome.Result switch
        {
            NotificationResult.Delivered => NotificationState.Delivered,
            NotificationResult.Retry when !isLast => NotificationState.Pending,
            _ => NotificationState.Failed,
        };
        var error = outcome.Result == NotificationResult.Delivered ? null : outcome.Error ?? "failed";
        var isGone = outcome.Result == NotificationResult.Gone;
        var settled = await outbox.SettleAsync(
            new NotificationSettlement(
                claimed,
                state,
                RetryIn(claimed.Attempt, outcome.RetryAfter),
                new NotificationAttempt(claimed.RuleId, claimed.EventId, at, (int)time.GetElapsedTime(since).TotalMilliseconds, outcome.Status, error),
                isGone ? 0 : _options.DisableAfter,
                isGone ? NotificationRule.Gone : NotificationRule.KeepsFailing),
            CancellationToken.None);
        EngineTelemetry.Notifications.Add(
            1, new("channel", claimed.Channel), new("outcome", !settled ? "fenced" : state switch { NotificationState.Delivered => "delivered", NotificationState.Pending => "retry", _ => "failed" }));
        if (state == NotificationState.Failed)
        {
            GivenUp(claimed.EventId, claimed.Kind, claimed.RuleId, claimed.Channel, error!, claimed.Attempt);
        }
    }

    private async Task<NotificationOutcome> TryAsync(ClaimedNotification claimed)
    {
        if (claimed.Attempt > _options.MaxAttempts)
        {
            // Nobody has lived to tell how the attempts before ended.
            return new NotificationOutcome(NotificationResult.Refused, Error: "abandoned");
        }
        if (!_channels.TryGetValue(claimed.Channel, out var channel))
        {
            return new NotificationOutcome(NotificationResult.Retry, Error: "unknown_channel");
        }
        if (protection.Unprotect(claimed.ProtectedSecrets) is not { } secrets)
        {
            return new NotificationOutcome(NotificationResult.Retry, Error: "secrets_unreadable");
        }
        using var activity = EngineTelemetry.Source.StartActivity("notify", ActivityKind.Producer);
        activity?.SetTag("chat.notification.id", claimed.EventId).SetTag("chat.notification.kind", claimed.Kind).SetTag("chat.notification.channel", claimed.Channel);
        using var limit = new CancellationTokenSource(_options.Timeout, time);
        try
        {
            return await channel.SendAsync(Outgoing(claimed, secrets), limit.Token);
        }
        catch (OperationCanceledException)
        {
            return new NotificationOutcome(NotificationResult.Retry, Error: "timeout");
        }
        catch (Exception e)
        {
            // The type only: a client's message may quote an address with a secret in it.
            ChannelBroke(claimed.EventId, claimed.RuleId, claimed.Channel, e.GetType().Name);
            return new NotificationOutcome(NotificationResult.Retry, Error: "unexpected");
        }
    }

    private static OutgoingNotification Outgoing(ClaimedNotification claimed, IReadOnlyDictionary<string, string> secrets)
    {
        using var data = JsonDocument.Parse(claimed.Data);
        using var settings = JsonDocument.Parse(claimed.Settings);
        return new OutgoingNotification
        {
            EventId = claimed.EventId,
            RuleId = claimed.RuleId,
            Kind = claimed.Kind,
            BotId = claimed.Bot.Value,
            BotName = claimed.BotName,
            At = claimed.CreatedAt,
            Data = data.RootElement.Clone(),
            Settings = settings.RootElement.Clone(),
            Secrets = secrets,
        };
    }

    private TimeSpan RetryIn(int attempt, TimeSpan? atLeast)
    {
        var seconds = Math.Min(LongestRetry, _options.RetrySeconds * Math.Pow(2, Math.Min(attempt, 30) - 1));
#pragma warning disable CA5394 // Jitter needs no unpredictable numbers.
        var delay = TimeSpan.FromSeconds(seconds * (1 - (Random.Shared.NextDouble() / 2)));
#pragma warning restore CA5394
        var asked = atLeast > TimeSpan.FromSeconds(LongestRetry) ? TimeSpan.FromSeconds(LongestRetry) : atLeast;
        return asked > delay ? asked.Value : delay;
    }

    private async Task<bool> CleanAsync(CancellationToken cancellationToken)
    {
        try
        {
            await outbox.DeleteSettledAsync(time.GetUtcNow() - TimeSpan.FromDays(_options.KeepDays), cancellationToken);
            return true;
        }
        catch (StoreUnavailableException e) when (StatementTimedOutException.IsStoreAway(e))
        {
            return false;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Again in an hour: what is not deleted hinders nothing.
            CleanFailed(e);
            return true;
        }
    }

    private void Wake()
    {
        lock (_awake)
        {
            if (_awake.CurrentCount == 0)
            {
                _awake.Release();
            }
        }
    }

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(_options.PollMs), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            await _awake.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Nobody rang; time to look anyway.
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Notification {EventId} ({Kind}) of rule {RuleId} was given up ({Channel}: {Error}, attempt {Attempt})")]
    private partial void GivenUp(Guid eventId, string kind, Guid ruleId, string channel, string error, int attempt);

    [LoggerMessage(Level = LogLevel.Warning, Message = "How notification {EventId} of rule {RuleId} ended could not be saved ({Error}); it is tried again")]
    private partial void NotSettled(Guid eventId, Guid ruleId, string error);

    [LoggerMessage(Level = LogLevel.Error, Message = "Delivering notification {EventId} of rule {RuleId} failed")]
    private partial void DeliveryFailed(Guid eventId, Guid ruleId, Exception e);

    [LoggerMessage(Level = LogLevel.Error, Message = "Sending notification {EventId} of rule {RuleId} broke ({Channel}: {Error})")]
    private partial void ChannelBroke(Guid eventId, Guid ruleId, string channel, string error);

    [LoggerMessage(Level = LogLevel.Error, Message = "Deleting old notifications failed")]
    private partial void CleanFailed(Exception e);

    [LoggerMessage(Level = LogLevel.Error, Message = "Looking for notifications failed")]
    private partial void LookFailed(Exception e);
}
