using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.Slack;

/// <summary>Signed requests to apps: https://docs.slack.dev/authentication/verifying-requests-from-slack.</summary>
internal sealed class SlackWebhooks(SlackNetwork network, TimeProvider time) : IDisposable
{
    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false })
    {
        Timeout = Timeout.InfiniteTimeSpan,
        MaxResponseContentBufferSize = 1 << 20,
    };

    public async Task<SlackAttempt> SendAsync(Uri url, SlackDelivery delivery, int retry, string? reason)
    {
        var json = delivery.Payload.ToJsonString(SimulatorJson.Options);
        var (body, type) = delivery.Kind switch
        {
            SlackDeliveryKind.EventsApi => (json, "application/json"),
            SlackDeliveryKind.Interactive => ("payload=" + Uri.EscapeDataString(json), "application/x-www-form-urlencoded"),
            _ => (string.Join('&', delivery.Payload.Select(f => $"{f.Key}={Uri.EscapeDataString(f.Value?.ToString() ?? "")}")), "application/x-www-form-urlencoded"),
        };
        using var request = Sign(url, delivery.App, Encoding.UTF8.GetBytes(body), type);
        if (retry > 0)
        {
            request.Headers.Add("X-Slack-Retry-Num", retry.ToString(CultureInfo.InvariantCulture));
            request.Headers.Add("X-Slack-Retry-Reason", reason);
        }

        using var limit = new CancellationTokenSource(network.Settings.AckTimeout, time);
        try
        {
            using var response = await _client.SendAsync(request, limit.Token);
            return response.IsSuccessStatusCode ? new SlackAttempt(null, await response.Content.ReadAsStringAsync(limit.Token)) : new SlackAttempt("http_error");
        }
        catch (OperationCanceledException)
        {
            return new SlackAttempt("http_timeout");
        }
        catch (HttpRequestException)
        {
            return new SlackAttempt("connection_failed");
        }
    }

    /// <summary>Checks the address as the app's settings page does: it must answer the challenge.</summary>
    /// <exception cref="SlackControlException">It does not.</exception>
    public async Task VerifyAsync(Uri url, SlackApp app)
    {
        var challenge = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        var body = new JsonObject { ["token"] = "verification-token", ["challenge"] = challenge, ["type"] = "url_verification" }.ToJsonString();
        using var request = Sign(url, app, Encoding.UTF8.GetBytes(body), "application/json");
        using var limit = new CancellationTokenSource(network.Settings.AckTimeout, time);
        try
        {
            using var response = await _client.SendAsync(request, limit.Token);
            var answer = await response.Content.ReadAsStringAsync(limit.Token);
            if (!response.IsSuccessStatusCode || !answer.Contains(challenge, StringComparison.Ordinal))
            {
                throw new SlackControlException($"The request URL answered {(int)response.StatusCode} and not with the challenge.");
            }
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            throw new SlackControlException("The request URL did not answer.");
        }
    }

    public void Dispose() => _client.Dispose();

    private HttpRequestMessage Sign(Uri url, SlackApp app, byte[] body, string type)
    {
        var timestamp = network.Now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        byte[] signed = [.. Encoding.ASCII.GetBytes($"v0:{timestamp}:"), .. body];
        var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
        request.Headers.Add("X-Slack-Request-Timestamp", timestamp);
        request.Headers.Add("X-Slack-Signature", "v0=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(app.SigningSecret), signed)));
        request.Headers.UserAgent.ParseAdd("Slackbot/1.0");
        return request;
    }
}
