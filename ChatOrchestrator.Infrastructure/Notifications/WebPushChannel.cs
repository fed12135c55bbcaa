using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Net;

namespace ChatOrchestrator.Infrastructure.Notifications;

/// <summary>Push messages to a browser (RFC 8030): encrypted for it, so that the push service reads nothing.</summary>
internal sealed class WebPushChannel(OutboundHttp http, OutboundGuard guard, VapidKeys keys, TimeProvider time) : INotificationChannel
{
    private const string Endpoint = "endpoint";
    private const string Key = "p256dh";
    private const string Auth = "auth";

    /// <summary>How long the push service keeps it for a browser that is away, in seconds.</summary>
    private const int TimeToLive = 86_400;

    public string Name => "web_push";

    public IReadOnlyList<string> GeneratedSecrets => [];

    public string Generate(string secret) => throw new NotSupportedException("The browser makes them.");

    public async Task<IReadOnlyList<FieldError>> ValidateAsync(JsonObject settings, IReadOnlyDictionary<string, string> secrets, CancellationToken cancellationToken)
    {
        var errors = ChannelSettings.Unknown(settings, secrets, [Endpoint, Key], [Auth]).ToList();
        if (!keys.IsConfigured)
        {
            errors.Add(new FieldError("channel", "There are no push messages: Notifications:WebPush:Subject is not set."));
        }
        if (await ChannelSettings.CheckAddressAsync(settings, Endpoint, guard, cancellationToken) is { } wrong)
        {
            errors.Add(wrong);
        }
        if (!IsPublicKey(ChannelSettings.Text(settings, Key)))
        {
            errors.Add(new FieldError($"settings.{Key}", $"settings.{Key} is the subscription's public key, 65 bytes in Base64url."));
        }
        if (Decode(secrets.GetValueOrDefault(Auth))?.Length != PushEncryption.AuthLength)
        {
            errors.Add(new FieldError($"secrets.{Auth}", $"secrets.{Auth} is the subscription's secret, 16 bytes in Base64url."));
        }
        return errors;
    }

    public async Task<NotificationOutcome> SendAsync(OutgoingNotification notification, CancellationToken cancellationToken)
    {
        if (!keys.IsConfigured)
        {
            return new NotificationOutcome(NotificationResult.Retry, Error: "not_configured");
        }
        if (Decode(ChannelSettings.Text(notification.Settings, Key)) is not { } key || Decode(notification.Secrets.GetValueOrDefault(Auth)) is not { } auth
            || !Uri.TryCreate(ChannelSettings.Text(notification.Settings, Endpoint), UriKind.Absolute, out var endpoint))
        {
            return new NotificationOutcome(NotificationResult.Refused, Error: "settings");
        }
        var body = NotificationBody.Of(notification, json =>
        {
            json.WriteString("title", EmailTemplate.Render(EmailTemplate.SubjectOf(notification.Kind), notification));
            json.WriteString("body", EmailTemplate.Render(EmailTemplate.BodyOf(notification.Kind), notification));
        });
        if (body.Length > PushEncryption.MaxPlaintext)
        {
            return new NotificationOutcome(NotificationResult.Refused, Error: "too_large");
        }
        var request = new HttpRequestMessage(HttpMethod.Post, endpoint) { Content = new ByteArrayContent(PushEncryption.Encrypt(body, key, auth)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        request.Content.Headers.ContentEncoding.Add("aes128gcm");
        request.Headers.Add("TTL", TimeToLive.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("Urgency", "high");
        request.Headers.TryAddWithoutValidation("Authorization", await keys.AuthorizeAsync(endpoint, cancellationToken));
        return await HttpOutcomes.SendAsync(http.Client, request, Read, cancellationToken);
    }

    private static bool IsPublicKey(string? text)
    {
        try
        {
            using var key = PushEncryption.PublicKey(Decode(text) ?? []);
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static byte[]? Decode(string? text) => text is { Length: <= 200 } && Base64Url.IsValid(text) ? Base64Url.DecodeFromChars(text) : null;

    private NotificationOutcome Read(HttpResponseMessage response) => response.StatusCode switch
    {
        >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices => new NotificationOutcome(NotificationResult.Delivered, (int)response.StatusCode),
        // RFC 8030, 7.3: the subscription has expired or was given up.
        HttpStatusCode.NotFound or HttpStatusCode.Gone => new NotificationOutcome(NotificationResult.Gone, (int)response.StatusCode, "gone"),
        HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.RequestEntityTooLarge =>
            new NotificationOutcome(NotificationResult.Refused, (int)response.StatusCode, "http_status"),
        _ => HttpOutcomes.Retry(response, time),
    };
}
