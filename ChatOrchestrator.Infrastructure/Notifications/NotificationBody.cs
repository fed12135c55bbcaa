using System.Text.Json;
using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Infrastructure.Notifications;

/// <summary>What receivers read: the same bytes at every attempt.</summary>
internal static class NotificationBody
{
    private static readonly JsonWriterOptions Options = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="extra">Writes more fields.</param>
    public static byte[] Of(OutgoingNotification notification, Action<Utf8JsonWriter>? extra = null)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("id", notification.EventId);
            json.WriteString("type", notification.Kind);
            json.WriteString("timestamp", notification.At.ToUniversalTime().UtcDateTime);
            json.WriteStartObject("bot");
            json.WriteString("id", notification.BotId);
            json.WriteString("name", notification.BotName);
            json.WriteEndObject();
            json.WritePropertyName("data");
            notification.Data.WriteTo(json);
            extra?.Invoke(json);
            json.WriteEndObject();
        }
        return buffer.ToArray();
    }
}
