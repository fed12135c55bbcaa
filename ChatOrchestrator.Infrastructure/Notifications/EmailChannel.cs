using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChatOrchestrator.Application.Ports;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.Options;
using MimeKit;

namespace ChatOrchestrator.Infrastructure.Notifications;

/// <summary>E-mail over the deployment's SMTP server. A message that may have been taken is sent again with the same <c>Message-ID</c>.</summary>
internal sealed class EmailChannel(IOptions<SmtpOptions> options) : INotificationChannel
{
    private const int MaxRecipients = 20;
    private const int MaxSubjectLength = 200;
    private const int MaxBodyLength = 8_000;

    private static readonly string[] Settings = ["to", "subject", "body"];

    private readonly SmtpOptions _smtp = options.Value;

    public string Name => "email";

    public IReadOnlyList<string> GeneratedSecrets => [];

    public string Generate(string secret) => throw new NotSupportedException("E-mail has no secrets.");

    public Task<IReadOnlyList<FieldError>> ValidateAsync(JsonObject settings, IReadOnlyDictionary<string, string> secrets, CancellationToken cancellationToken)
    {
        var errors = ChannelSettings.Unknown(settings, secrets, Settings, []).ToList();
        if (!_smtp.IsConfigured)
        {
            errors.Add(new FieldError("channel", "There is no e-mail: Notifications:Smtp:Host is not set."));
        }
        var to = settings["to"] is JsonArray list ? list.Select(item => item is JsonValue v && v.TryGetValue<string>(out var text) ? text : "").ToList() : [];
        if (to.Count is 0 or > MaxRecipients || to.Exists(a => !MailboxAddress.TryParse(a, out var mailbox) || !mailbox.Address.Contains('@', StringComparison.Ordinal)))
        {
            errors.Add(new FieldError("settings.to", $"settings.to lists 1 to {MaxRecipients} e-mail addresses."));
        }
        foreach (var (name, longest) in new[] { ("subject", MaxSubjectLength), ("body", MaxBodyLength) })
        {
            var template = ChannelSettings.Text(settings, name);
            if (settings[name] is not null && template is not { Length: > 0 } || template?.Length > longest)
            {
                errors.Add(new FieldError($"settings.{name}", $"settings.{name} has 1 to {longest:#,0} characters."));
            }
            else if (template is not null && EmailTemplate.UnknownPlace(template) is { } place)
            {
                errors.Add(new FieldError($"settings.{name}", $"There is no place '{place}'; there is id, type, at, bot.id, bot.name, and data. with a name of what the event says."));
            }
        }
        return Task.FromResult<IReadOnlyList<FieldError>>(errors);
    }

    public async Task<NotificationOutcome> SendAsync(OutgoingNotification notification, CancellationToken cancellationToken)
    {
        if (!_smtp.IsConfigured)
        {
            return new NotificationOutcome(NotificationResult.Retry, Error: "not_configured");
        }
        using var message = Compose(notification);
        using var client = new SmtpClient();
        try
        {
            await client.ConnectAsync(_smtp.Host!, _smtp.Port, SecurityOf(_smtp.Security), cancellationToken);
            if (!string.IsNullOrEmpty(_smtp.Username))
            {
                await client.AuthenticateAsync(_smtp.Username, _smtp.Password!, cancellationToken);
            }
            await client.SendAsync(message, cancellationToken);
        }
        catch (SmtpCommandException e)
        {
            // RFC 5321, 4.2.1: 4yz may succeed later, 5yz will not.
            var status = (int)e.StatusCode;
            return new NotificationOutcome(status >= 500 ? NotificationResult.Refused : NotificationResult.Retry, status, "smtp_status");
        }
        catch (Exception e) when (WordOf(e) is not null)
        {
            return new NotificationOutcome(NotificationResult.Retry, Error: WordOf(e));
        }
        await ByeAsync(client, cancellationToken);
        return new NotificationOutcome(NotificationResult.Delivered, 250);
    }

    private static string? WordOf(Exception e) => e switch
    {
        AuthenticationException => "smtp_authentication",
        SslHandshakeException => "tls",
        // The server offers no STARTTLS, or nothing that we can sign in with.
        NotSupportedException => "smtp_not_supported",
        SocketException or IOException or SmtpProtocolException => "unreachable",
        _ => null,
    };

    private static SecureSocketOptions SecurityOf(string security) => security switch
    {
        "tls" => SecureSocketOptions.SslOnConnect,
        "none" => SecureSocketOptions.None,
        _ => SecureSocketOptions.StartTls,
    };

    /// <summary>It was taken; how the server says goodbye changes nothing.</summary>
    private static async Task ByeAsync(SmtpClient client, CancellationToken cancellationToken)
    {
        try
        {
            await client.DisconnectAsync(quit: true, cancellationToken);
        }
        catch (Exception e) when (WordOf(e) is not null || e is SmtpCommandException or OperationCanceledException)
        {
            // The connection ends with the client.
        }
    }

    private MimeMessage Compose(OutgoingNotification notification)
    {
        var settings = notification.Settings;
        var sender = _smtp.Sender!;
        var subject = EmailTemplate.Render(ChannelSettings.Text(settings, "subject") ?? EmailTemplate.SubjectOf(notification.Kind), notification);
        var text = EmailTemplate.Render(ChannelSettings.Text(settings, "body") ?? EmailTemplate.BodyOf(notification.Kind), notification);
        var message = new MimeMessage
        {
            Subject = subject.ReplaceLineEndings(" "),
            Date = notification.At,
            MessageId = $"{notification.EventId:N}.{notification.RuleId:N}@{sender.Domain}",
        };
        message.From.Add(sender);
        message.To.AddRange(settings.GetProperty("to").EnumerateArray().Select(to => MailboxAddress.Parse(to.GetString()!)));
        message.Headers.Add("X-Notification-Id", notification.EventId.ToString());
        message.Headers.Add("X-Notification-Type", notification.Kind);
        // RFC 3834: no out-of-office answers, please.
        message.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        var facts = Facts(notification).ToList();
        message.Body = new BodyBuilder
        {
            TextBody = $"{text}\n\n{string.Join('\n', facts.Select(f => $"{f.Name}: {f.Value}"))}\n",
            HtmlBody = Html(text, facts),
        }.ToMessageBody();
        return message;
    }

    private static IEnumerable<(string Name, string Value)> Facts(OutgoingNotification notification)
    {
        yield return ("type", notification.Kind);
        yield return ("at", notification.At.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture));
        yield return ("botId", notification.BotId.ToString());
        foreach (var fact in notification.Data.EnumerateObject().Where(f => f.Value.ValueKind is not JsonValueKind.Null))
        {
            yield return (fact.Name, fact.Value.ToString());
        }
    }

    private static string Html(string text, List<(string Name, string Value)> facts)
    {
        var html = new StringBuilder("<!doctype html><html><body style=\"font-family:sans-serif\"><p>")
            .Append(WebUtility.HtmlEncode(text).ReplaceLineEndings("<br>")).Append("</p><table style=\"color:#555;font-size:small\">");
        foreach (var (name, value) in facts)
        {
            html.Append(CultureInfo.InvariantCulture, $"<tr><td>{WebUtility.HtmlEncode(name)}</td><td>{WebUtility.HtmlEncode(value)}</td></tr>");
        }
        return html.Append("</table></body></html>").ToString();
    }
}
