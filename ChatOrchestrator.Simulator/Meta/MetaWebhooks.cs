using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ChatOrchestrator.Simulator.Telegram;
using Microsoft.AspNetCore.WebUtilities;

namespace ChatOrchestrator.Simulator.Meta;

/// <summary>
/// Pushes to webhooks, signed: people side by side, each one's events in order; what is not answered 200 is repeated with
/// growing delays. Faults deliver twice or the next one first, as the real platform may.
/// </summary>
internal sealed partial class MetaWebhooks(MetaNetwork network, SimulatorStats stats, TimeProvider time, ILogger<MetaWebhooks> logger) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false }) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly ConcurrentDictionary<(MetaProduct, string, string), Lane> _lanes = new();
    private readonly CancellationTokenSource _stopped = new();

    /// <summary>The handshake of <see href="https://developers.facebook.com/docs/graph-api/webhooks/getting-started">a new address</see>.</summary>
    public async Task<bool> VerifyAsync(Uri url, string verifyToken, CancellationToken cancellationToken)
    {
        var challenge = RandomNumberGenerator.GetInt32(int.MaxValue).ToString(System.Globalization.CultureInfo.InvariantCulture);
        var address = QueryHelpers.AddQueryString(url.AbsoluteUri, new Dictionary<string, string?> { ["hub.mode"] = "subscribe", ["hub.verify_token"] = verifyToken, ["hub.challenge"] = challenge });
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopped.Token);
            limit.CancelAfter(network.Settings.WebhookTimeout);
            using var response = await _http.GetAsync(new Uri(address), limit.Token);
            return response.StatusCode == HttpStatusCode.OK && await response.Content.ReadAsStringAsync(limit.Token) == challenge;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Sends what Meta's data deletion does, with the person's app-scoped id, and gives back the answer.</summary>
    public async Task<string> PostFormAsync(MetaAccount account, string userId, CancellationToken cancellationToken)
    {
        var payload = Encoding.UTF8.GetBytes(Base64Url(Encoding.UTF8.GetBytes($$"""{"algorithm":"HMAC-SHA256","issued_at":{{network.Now.ToUnixTimeSeconds()}},"user_id":"{{userId}}"}""")));
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(account.AppSecret), payload);
        using var form = new FormUrlEncodedContent([new("signed_request", $"{Base64Url(signature)}.{Encoding.UTF8.GetString(payload)}")]);
        using var response = await _http.PostAsync(account.Webhook ?? throw new ControlException("The account has no webhook."), form, cancellationToken);
        return response.IsSuccessStatusCode
            ? await response.Content.ReadAsStringAsync(cancellationToken)
            : throw new ControlException($"The webhook answered {(int)response.StatusCode}.");
    }

    /// <summary>Queues a body for the account; without a webhook nobody hears of it.</summary>
    public void Push(MetaAccount account, string person, JsonObject body)
    {
        if (account.Webhook is not { } url)
        {
            return;
        }
        stats.Increment($"{account.Product.ToString().ToLowerInvariant()}.webhooks");
        var bytes = Encoding.UTF8.GetBytes(body.ToJsonString(SimulatorJson.Options));
        var lane = _lanes.GetOrAdd((account.Product, account.Id, person), _ => new Lane());
        lock (lane)
        {
            var next = new Event(url, account.AppSecret, bytes, network.Faults.Take(account.Id, person, MetaFaultKind.WebhookTwice) is not null);
            if (lane.Held is null && network.Faults.Take(account.Id, person, MetaFaultKind.WebhookReordered) is not null)
            {
                // It comes after the one behind it.
                lane.Held = next;
                return;
            }
            lane.Waiting.AddLast(next);
            if (lane.Held is { } held)
            {
                lane.Waiting.AddLast(held);
                lane.Held = null;
            }
            if (!lane.IsRunning)
            {
                lane.IsRunning = true;
                _ = Task.Run(() => RunAsync(lane));
            }
        }
    }

    public void Dispose()
    {
        _stopped.Cancel();
        _stopped.Dispose();
        _http.Dispose();
    }

    private async Task RunAsync(Lane lane)
    {
        try
        {
            while (true)
            {
                Event next;
                lock (lane)
                {
                    if (lane.Waiting.First is not { } first)
                    {
                        lane.IsRunning = false;
                        return;
                    }
                    next = first.Value;
                    lane.Waiting.RemoveFirst();
                }
                for (var failures = 0; !await PostAsync(next); failures++)
                {
                    await Task.Delay(network.Settings.WebhookRetryDelay * Math.Min(60, 1 << Math.Min(failures, 6)), time, _stopped.Token);
                }
                if (next.Twice)
                {
                    await PostAsync(next);
                }
            }
        }
        catch (Exception e) when (_stopped.IsCancellationRequested && e is OperationCanceledException or ObjectDisposedException)
        {
            // The simulator stops.
        }
    }

    private async Task<bool> PostAsync(Event next)
    {
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stopped.Token);
            limit.CancelAfter(network.Settings.WebhookTimeout);
            using var request = new HttpRequestMessage(HttpMethod.Post, next.Url) { Content = new ByteArrayContent(next.Body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } } };
            request.Headers.Add("X-Hub-Signature-256", "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(next.AppSecret), next.Body)));
            using var response = await _http.SendAsync(request, limit.Token);
            if (response.StatusCode == HttpStatusCode.OK)
            {
                return true;
            }
            Failed(logger, next.Url.AbsolutePath, (int)response.StatusCode);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            _stopped.Token.ThrowIfCancellationRequested();
            Failed(logger, next.Url.AbsolutePath, 0);
        }
        stats.Increment("meta.webhook.failures");
        return false;
    }

    private static string Base64Url(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);

    [LoggerMessage(1, LogLevel.Information, "The webhook {Path} was not answered 200 but {Status}; it is repeated")]
    private static partial void Failed(ILogger logger, string path, int status);

    private sealed class Lane
    {
        public LinkedList<Event> Waiting { get; } = new();

        public Event? Held { get; set; }

        public bool IsRunning { get; set; }
    }

    private sealed record Event(Uri Url, string AppSecret, byte[] Body, bool Twice);
}
