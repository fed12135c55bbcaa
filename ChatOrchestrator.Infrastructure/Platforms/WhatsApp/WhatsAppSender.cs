using System.Text.Json;
using System.Text.RegularExpressions;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Platforms.Meta;

namespace ChatOrchestrator.Infrastructure.Platforms.WhatsApp;

/// <summary>
/// Sends parts with the <see href="https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages">messages</see> edge.
/// Outside the 24 hours after the person's last message only a template goes out.
/// </summary>
internal sealed partial class WhatsAppSender(GraphApi graph, TimeProvider time)
{
    public static readonly TimeSpan Window = TimeSpan.FromHours(24);

    /// <summary>The longest <see href="https://developers.facebook.com/docs/whatsapp/cloud-api/guides/send-message-templates">parameter</see> of a template's body.</summary>
    private const int MaxParameter = 1024;

    public async Task<DeliveryOutcome> SendAsync(ConnectionSnapshot connection, OutboundPart part, CancellationToken cancellationToken)
    {
        if (connection.Secret(WhatsAppSettings.AccessToken) is not { } token)
        {
            return new DeliveryOutcome.Failed("token_missing", FailureScope.Connection);
        }
        if (WhatsAppSettings.PhoneNumberIdOf(connection.Settings) is not { } number)
        {
            return new DeliveryOutcome.Failed("unknown_phone_number", FailureScope.Connection);
        }
        try
        {
            if (part.LastInboundAt is not { } last || time.GetUtcNow() - last > Window)
            {
                return await SendOutsideAsync(connection, number, token, part, cancellationToken);
            }
            // Groups take no choices: https://developers.facebook.com/documentation/business-messaging/whatsapp/groups
            var (text, format) = part is { Format: WhatsAppParts.MessageFormat, PlainText: { } list } && WhatsAppRecipient.IsGroup(part.Chat.ChatId) && WhatsAppParts.IsInteractive(part.Text)
                ? (list, null) : (part.Text, part.Format);
            var answer = await graph.PostAsync($"{number}/messages", token, Json(part, text, format), cancellationToken);
            if (!answer.IsSuccess && part is { Format: WhatsAppParts.MessageFormat, PlainText: { } plain } && GraphError.TryRead(answer.Body) is { Code: 131008 or 131009 or 131051 or 131053 or 100, Subcode: not 33 })
            {
                // It was refused for what it is: the same as a text.
                answer = await graph.PostAsync($"{number}/messages", token, Json(part, plain, null), cancellationToken);
            }
            return OutcomeOf(answer, part);
        }
        catch (PlatformCallException failure)
        {
            return failure.OutcomeFor(part);
        }
    }

    /// <summary>Marks a message as read and shows that the bot types, <see href="https://developers.facebook.com/docs/whatsapp/cloud-api/typing-indicators">for up to 25 seconds</see>.</summary>
    public async Task ShowTypingAsync(ConnectionSnapshot connection, string messageId, CancellationToken cancellationToken)
    {
        if (connection.Secret(WhatsAppSettings.AccessToken) is not { } token || WhatsAppSettings.PhoneNumberIdOf(connection.Settings) is not { } number)
        {
            return;
        }
        try
        {
            await graph.PostAsync($"{number}/messages", token, GraphApi.Json(json =>
            {
                json.WriteString("messaging_product", "whatsapp");
                json.WriteString("status", "read");
                json.WriteString("message_id", messageId);
                json.WriteStartObject("typing_indicator");
                json.WriteString("type", "text");
                json.WriteEndObject();
            }), cancellationToken);
        }
        catch (Exception e) when (e is PlatformCallException or OperationCanceledException)
        {
            // Of no consequence: the answer itself meets the same trouble and has an outcome.
        }
    }

    /// <summary>
    /// A template that carries the text delivers it. Any other only asks the person to write, which opens the window: the part
    /// itself is held as a dead letter, to be replayed then.
    /// </summary>
    private async Task<DeliveryOutcome> SendOutsideAsync(ConnectionSnapshot connection, string number, string token, OutboundPart part, CancellationToken cancellationToken)
    {
        var held = new DeliveryOutcome.Failed(MetaRefusal.WindowClosed, FailureScope.Part);
        if (WhatsAppSettings.TemplateOf(connection.Settings) is not { } template)
        {
            return held;
        }
        // A parameter is one line.
        var text = Blanks().Replace(part.Format == WhatsAppParts.MessageFormat ? part.PlainText ?? part.Text : part.Text, " ").Trim();
        if (template.CarriesText && text.Length > MaxParameter)
        {
            return held;
        }
        if (!template.CarriesText && part.Ordinal > 0)
        {
            // The first part has asked already.
            return held;
        }
        var answer = await graph.PostAsync($"{number}/messages", token, TemplateJson(part, template, text), cancellationToken);
        var outcome = OutcomeOf(answer, part);
        return outcome is DeliveryOutcome.Delivered && !template.CarriesText ? held : outcome;
    }

    private static DeliveryOutcome OutcomeOf(PlatformAnswer answer, OutboundPart part) =>
        !answer.IsSuccess ? MetaRefusal.OutcomeOf(answer, part)
        : IdOf(answer) is { } id ? new DeliveryOutcome.Delivered(id)
        : new DeliveryOutcome.Unknown("unreadable_answer");

    private static ReadOnlyMemory<byte> Json(OutboundPart part, string text, string? format) => GraphApi.Json(json =>
    {
        WhatsAppRecipient.Write(json, part.Chat.ChatId);
        if (format == WhatsAppParts.MessageFormat)
        {
            using var message = JsonDocument.Parse(text);
            foreach (var field in message.RootElement.EnumerateObject())
            {
                field.WriteTo(json);
            }
        }
        else
        {
            json.WriteString("type", "text");
            json.WriteStartObject("text");
            json.WriteString("body", text);
            json.WriteBoolean("preview_url", text.Contains("://", StringComparison.Ordinal));
            json.WriteEndObject();
        }
        WriteReference(json, part);
    });

    private static ReadOnlyMemory<byte> TemplateJson(OutboundPart part, WhatsAppTemplate template, string text) => GraphApi.Json(json =>
    {
        WhatsAppRecipient.Write(json, part.Chat.ChatId);
        json.WriteString("type", "template");
        json.WriteStartObject("template");
        json.WriteString("name", template.Name);
        json.WriteStartObject("language");
        json.WriteString("code", template.Language);
        json.WriteEndObject();
        if (template.CarriesText)
        {
            json.WriteStartArray("components");
            json.WriteStartObject();
            json.WriteString("type", "body");
            json.WriteStartArray("parameters");
            json.WriteStartObject();
            json.WriteString("type", "text");
            json.WriteString("text", text);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
        }
        json.WriteEndObject();
        if (template.CarriesText)
        {
            WriteReference(json, part);
        }
    });

    /// <summary>Comes back in every status: so a part is known whose outcome is not.</summary>
    private static void WriteReference(Utf8JsonWriter json, OutboundPart part) => json.WriteString("biz_opaque_callback_data", part.Reference.ToString());

    private static string? IdOf(PlatformAnswer answer)
    {
        try
        {
            using var document = JsonDocument.Parse(answer.Body);
            return MetaWebhook.ArrayOf(document.RootElement, "messages") is { } messages && messages.GetArrayLength() > 0
                && MetaWebhook.TextOf(messages[0], "id") is { Length: > 0 } id ? id : null;
        }
        catch (Exception e) when (MetaWebhook.IsUnreadable(e))
        {
            return null;
        }
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
