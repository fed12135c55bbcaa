using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace ChatOrchestrator.Simulator.Telegram;

/// <summary>What <c>setWebhook</c> was called with.</summary>
internal sealed record WebhookRegistration(Uri Url, string SecretToken, int MaxConnections, bool HasCertificate)
{
    /// <summary>As the bot wrote it.</summary>
    public required string RawUrl { get; init; }
}

/// <summary>
/// Pushes a bot's updates to its webhook: chats side by side, within one chat the next update only after the previous one
/// was answered 2xx. A failed update is repeated with growing delays for 24 hours.
/// </summary>
/// <remarks>https://core.telegram.org/bots/api#setwebhook. State is guarded by <see cref="TelegramNetwork.Sync"/>.</remarks>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "Neither field holds a system resource unless a wait handle is asked for, and deliveries may still use them after Stop.")]
internal sealed partial class WebhookDelivery(
    TelegramNetwork network, SimulatedBot bot, WebhookRegistration registration, WebhookClient client, TimeProvider time, ILogger logger)
{
    private const int MaxDelayUnits = 60;
    private const long KeepForSeconds = 24 * 60 * 60;

    private readonly Dictionary<long, Queue<PendingUpdate>> _lanes = [];
    private readonly SemaphoreSlim _connections = new(registration.MaxConnections);
    private readonly CancellationTokenSource _stopped = new();

    public WebhookRegistration Registration => registration;

    public long? LastErrorDate { get; private set; }

    public string? LastErrorMessage { get; private set; }

    /// <summary>Adds an update to its lane and starts the lane if it was empty. The caller holds the lock.</summary>
    public void Enqueue(PendingUpdate update)
    {
        if (!_lanes.TryGetValue(update.Lane, out var lane))
        {
            _lanes[update.Lane] = lane = new Queue<PendingUpdate>();
            lane.Enqueue(update);
            _ = Task.Run(() => RunAsync(update.Lane, lane));
        }
        else
        {
            lane.Enqueue(update);
        }
    }

    /// <summary>Sends an update once more, beside what is queued.</summary>
    public void Repeat(PendingUpdate update) => _ = Task.Run(async () =>
    {
        try
        {
            await SendAsync(update);
        }
        catch (OperationCanceledException) when (_stopped.IsCancellationRequested)
        {
            // The webhook was replaced or deleted.
        }
    });

    /// <summary>Forgets what is queued (<c>drop_pending_updates</c>). The caller holds the lock.</summary>
    public void Clear()
    {
        foreach (var lane in _lanes.Values)
        {
            lane.Clear();
        }
    }

    /// <summary>Stops for good; what was not delivered stays with the bot. The caller holds the lock.</summary>
    public void Stop() => _stopped.Cancel();

    private async Task RunAsync(long id, Queue<PendingUpdate> lane)
    {
        try
        {
            var failures = 0;
            while (true)
            {
                PendingUpdate? update;
                lock (network.Sync)
                {
                    if (!lane.TryPeek(out update))
                    {
                        _lanes.Remove(id);
                        return;
                    }
                }

                var (error, retryAfter) = await SendAsync(update);
                if (error is null || network.Now - update.CreatedAt >= KeepForSeconds)
                {
                    failures = 0;
                    Finish(lane, update);
                    continue;
                }

                LogFailed(logger, bot.Id, update.Id, error);
                network.Stats.Increment("telegram.webhook.failures");
                var wait = retryAfter ?? network.Settings.WebhookRetryDelay * (failures == 0 ? 0 : Math.Min(MaxDelayUnits, 1 << Math.Min(failures, 6)));
                failures++;
                if (wait > TimeSpan.Zero)
                {
                    await Task.Delay(wait, time, _stopped.Token);
                }
            }
        }
        catch (OperationCanceledException) when (_stopped.IsCancellationRequested)
        {
            // The webhook was replaced or deleted.
        }
    }

    private void Finish(Queue<PendingUpdate> lane, PendingUpdate update)
    {
        lock (network.Sync)
        {
            if (_stopped.IsCancellationRequested)
            {
                return;
            }

            bot.Forget(update.Id);
            if (lane.TryPeek(out var head) && head.Id == update.Id)
            {
                lane.Dequeue();
            }
        }

        network.Stats.Increment("telegram.webhook.delivered");
    }

    /// <returns>The error as <c>getWebhookInfo</c> shows it, or <see langword="null"/> after a 2xx, and what <c>Retry-After</c> asked for.</returns>
    private async Task<(string? Error, TimeSpan? RetryAfter)> SendAsync(PendingUpdate update)
    {
        await _connections.WaitAsync(_stopped.Token);
        try
        {
            using var timeout = new CancellationTokenSource(network.Settings.WebhookTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _stopped.Token);
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, registration.Url) { Content = new ReadOnlyMemoryContent(update.Json.Utf8) };
                request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                if (registration.SecretToken.Length > 0)
                {
                    request.Headers.Add("X-Telegram-Bot-Api-Secret-Token", registration.SecretToken);
                }

                using var response = await client.SendAsync(request, registration.HasCertificate, either.Token);
                if (!response.IsSuccessStatusCode)
                {
                    var reason = response.ReasonPhrase is { Length: > 0 } given ? given : ((HttpStatusCode)response.StatusCode).ToString();
                    return (Remember($"Wrong response from the webhook: {(int)response.StatusCode} {reason}"), response.Headers.RetryAfter?.Delta);
                }

                await CallFromAnswerAsync(response, either.Token);
                return (null, null);
            }
            catch (OperationCanceledException) when (timeout.IsCancellationRequested && !_stopped.IsCancellationRequested)
            {
                return (Remember("Read timeout expired"), null);
            }
            catch (HttpRequestException error)
            {
                return (Remember(Describe(error)), null);
            }
            catch (IOException)
            {
                return (Remember("Connection closed"), null);
            }
        }
        finally
        {
            _connections.Release();
        }
    }

    private static string Describe(HttpRequestException error) => error switch
    {
        { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused } } => "Connection refused",
        { HttpRequestError: HttpRequestError.NameResolutionError } => "Failed to resolve host: Name or service not known",
        { HttpRequestError: HttpRequestError.SecureConnectionError } => "SSL error {error:0A000086:SSL routines::certificate verify failed}",
        _ => "Connection closed",
    };

    private string Remember(string error)
    {
        lock (network.Sync)
        {
            LastErrorDate = network.Now;
            LastErrorMessage = error;
        }

        return error;
    }

    /// <summary>A bot may make one call in its answer. https://core.telegram.org/bots/api#making-requests-when-getting-updates</summary>
    private async Task CallFromAnswerAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var arguments = await ReadAnswerAsync(response, cancellationToken);
        var method = arguments?.Text("method") ?? "";
        if (method.Length == 0 || method.StartsWith("get", StringComparison.OrdinalIgnoreCase)
            || method.ToLowerInvariant() is "setwebhook" or "deletewebhook" or "close" or "logout")
        {
            return;
        }

        try
        {
            await client.Methods.CallAsync(bot, method, arguments!, cancellationToken);
        }
        catch (BotApiException error)
        {
            // The bot never learns the outcome of such a call, here as there.
            network.Stats.Increment($"telegram.error.{error.ErrorCode}");
        }
    }

    private static async Task<BotApiArguments?> ReadAnswerAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            switch (response.Content.Headers.ContentType?.MediaType)
            {
                case "application/json":
                    using (var body = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken)))
                    {
                        return body.RootElement.ValueKind == JsonValueKind.Object ? BotApiArguments.FromJson(body.RootElement) : null;
                    }

                case "application/x-www-form-urlencoded":
                    var form = QueryHelpers.ParseQuery(Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(cancellationToken)));
                    return BotApiArguments.FromForm(form.Select(static pair => KeyValuePair.Create(pair.Key, pair.Value.ToString())));
                default:
                    return null;
            }
        }
        catch (JsonException)
        {
            // An acknowledgement whose body is none of our business.
            return null;
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Webhook of bot {BotId} failed for update {UpdateId}: {Error}")]
    private static partial void LogFailed(ILogger logger, long botId, int updateId, string error);
}
