using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.Slack;

/// <summary>
/// Brings events, interactions and commands to apps: by signed requests or through Socket Mode, and events again when they
/// are not acknowledged in time: at once, after one delay and after five. https://docs.slack.dev/apis/events-api/#retries
/// </summary>
internal sealed partial class SlackDeliveries(SlackNetwork network, SlackWebhooks webhooks, TimeProvider time, ILogger<SlackDeliveries> logger)
{
    private const int MaxRetries = 3;
    private const int KeptForRedelivery = 100;

    /// <summary>Wraps an event and sends it on its way. The caller holds the lock.</summary>
    public void Event(SlackApp app, string lane, JsonObject happened)
    {
        network.Stats.Increment("slack.events");
        Start(new SlackDelivery(app, SlackDeliveryKind.EventsApi, lane, new JsonObject
        {
            ["token"] = "verification-token",
            ["team_id"] = app.TeamId,
            ["api_app_id"] = app.Whole.Id,
            ["event"] = happened,
            ["type"] = "event_callback",
            ["event_id"] = network.TakeEventId(),
            ["event_time"] = network.Now.ToUnixTimeSeconds(),
            ["authorizations"] = new JsonArray(new JsonObject
            {
                ["enterprise_id"] = null,
                ["team_id"] = app.TeamId,
                ["user_id"] = app.BotUserId,
                ["is_bot"] = true,
                ["is_enterprise_install"] = false,
            }),
            ["is_ext_shared_channel"] = false,
            ["event_context"] = $"4-{lane}",
        }));
    }

    /// <summary>Sends on its way, or holds it back on request. The caller holds the lock.</summary>
    public void Start(SlackDelivery delivery)
    {
        var app = delivery.App;
        if (app.Held is { } held)
        {
            held.Add(delivery);
            return;
        }

        app.Sent.Enqueue(delivery);
        if (app.Sent.Count > KeptForRedelivery)
        {
            app.Sent.Dequeue();
        }

        // Order is kept as far as the first attempts go; what has to be repeated is overtaken, as there.
        var before = app.Lanes.GetValueOrDefault(delivery.Lane, Task.CompletedTask);
        var first = Task.Run(async () =>
        {
            await before;
            return await AttemptAsync(delivery, retry: 0, reason: null);
        });
        app.Lanes[delivery.Lane] = first;
        _ = Task.Run(async () => await FinishAsync(delivery, await first));
    }

    /// <summary>Sends what was sent again, as after an acknowledgement that got lost. The caller holds the lock.</summary>
    public int Redeliver(SlackApp app, int last)
    {
        var again = app.Sent.Where(d => d.Kind == SlackDeliveryKind.EventsApi).TakeLast(last).ToList();
        foreach (var delivery in again)
        {
            _ = Task.Run(() => AttemptAsync(delivery, retry: 1, "http_timeout"));
        }

        return again.Count;
    }

    private async Task FinishAsync(SlackDelivery delivery, SlackAttempt attempt)
    {
        for (var retry = 1; attempt.Failure is { } reason; retry++)
        {
            network.Stats.Increment("slack.delivery.failures");
            LogFailed(logger, delivery.App.Id, delivery.Kind, reason);
            if (retry > MaxRetries || delivery.Kind != SlackDeliveryKind.EventsApi)
            {
                return;
            }

            if (retry > 1)
            {
                await Task.Delay(network.Settings.RetryDelay * (retry == 2 ? 1 : 5), time);
            }

            attempt = await AttemptAsync(delivery, retry, reason);
        }

        network.Stats.Increment("slack.delivery.acknowledged");
        if (attempt.Answer.Length > 0)
        {
            delivery.Answered?.Invoke(attempt.Answer);
        }
    }

    private async Task<SlackAttempt> AttemptAsync(SlackDelivery delivery, int retry, string? reason)
    {
        Uri? url;
        lock (network.Sync)
        {
            url = delivery.Kind switch
            {
                SlackDeliveryKind.Interactive => delivery.App.InteractivityUrl ?? delivery.App.RequestUrl,
                SlackDeliveryKind.SlashCommands => delivery.App.CommandUrl ?? delivery.App.RequestUrl,
                _ => delivery.App.RequestUrl,
            };
        }

        return url is not null ? await webhooks.SendAsync(url, delivery, retry, reason) : await PushAsync(delivery, retry, reason);
    }

    /// <summary>Through one of the app's sockets; when it breaks off before the acknowledgement, through another.</summary>
    private async Task<SlackAttempt> PushAsync(SlackDelivery delivery, int retry, string? reason)
    {
        using var limit = new CancellationTokenSource(network.Settings.AckTimeout, time);
        while (true)
        {
            SlackSocket? socket;
            Task arrival;
            lock (network.Sync)
            {
                socket = delivery.App.Whole.Sockets.LastOrDefault(s => s.IsOpen);
                arrival = delivery.App.Whole.SocketArrived.Task;
            }

            try
            {
                if (socket is null)
                {
                    await arrival.WaitAsync(limit.Token);
                }
                else if (await socket.SendAsync(delivery, retry, reason, limit.Token) is { } answer)
                {
                    return new SlackAttempt(null, answer);
                }
            }
            catch (OperationCanceledException)
            {
                return new SlackAttempt("timeout");
            }
        }
    }

    [LoggerMessage(1, LogLevel.Information, "{Kind} for app {AppId} was not acknowledged: {Reason}")]
    private static partial void LogFailed(ILogger logger, string appId, SlackDeliveryKind kind, string reason);
}
