using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Net;

namespace ChatOrchestrator.Infrastructure.Notifications;

/// <summary>Signed webhooks. Each attempt has a timestamp of its own, so that a receiver can refuse what was recorded and is sent again.</summary>
internal sealed class WebhookChannel(OutboundHttp http, OutboundGuard guard, TimeProvider time) : INotificationChannel
{
    private const string Secret = "secret";
    private const string Url = "url";

    public string Name => "webhook";

    public IReadOnlyList<string> GeneratedSecrets { get; } = [Secret];

    public string Generate(string secret) => WebhookSignature.NewSecret();

    public async Task<IReadOnlyList<FieldError>> ValidateAsync(JsonObject settings, IReadOnlyDictionary<string, string> secrets, CancellationToken cancellationToken)
    {
        var errors = ChannelSettings.Unknown(settings, secrets, [Url], [Secret]).ToList();
        if (await ChannelSettings.CheckAddressAsync(settings, Url, guard, cancellationToken) is { } wrong)
        {
            errors.Add(wrong);
        }
        if (WebhookSignature.KeyOf(secrets.GetValueOrDefault(Secret, "")) is null)
        {
            errors.Add(new FieldError("secrets.secret", "secrets.secret is 'whsec_' and 24 to 64 bytes in Base64; without one it is made."));
        }
        return errors;
    }

    public Task<NotificationOutcome> SendAsync(OutgoingNotification notification, CancellationToken cancellationToken)
    {
        if (WebhookSignature.KeyOf(notification.Secrets.GetValueOrDefault(Secret, "")) is not { } key || ChannelSettings.Text(notification.Settings, Url) is not { } url)
        {
            return Task.FromResult(new NotificationOutcome(NotificationResult.Refused, Error: "settings"));
        }
        var body = NotificationBody.Of(notification);
        var id = notification.EventId.ToString();
        var timestamp = time.GetUtcNow().ToUnixTimeSeconds();
        var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", WebhookSignature.Sign(key, id, timestamp, body));
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("ChatOrchestrator", "1"));
        return HttpOutcomes.SendAsync(http.Client, request, Read, cancellationToken);
    }

    private NotificationOutcome Read(HttpResponseMessage response) => response.StatusCode switch
    {
        >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices => new NotificationOutcome(NotificationResult.Delivered, (int)response.StatusCode),
        HttpStatusCode.Gone => new NotificationOutcome(NotificationResult.Gone, (int)response.StatusCode, "gone"),
        _ => HttpOutcomes.Retry(response, time),
    };
}
