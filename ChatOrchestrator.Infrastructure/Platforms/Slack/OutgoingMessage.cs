using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Formatting;

namespace ChatOrchestrator.Infrastructure.Platforms.Slack;

/// <summary>A message on its way out, written as the arguments of the method that takes it.</summary>
internal sealed record OutgoingMessage
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What it says, in <see cref="Format"/>.</summary>
    public required string Text { get; init; }

    /// <summary>As <see cref="PartBody.Format"/>.</summary>
    public string? Format { get; init; }

    /// <summary>As <see cref="PartBody.PlainBody"/>.</summary>
    public string? PlainText { get; init; }

    public string? Channel { get; init; }

    public string ThreadTs { get; init; } = "";

    /// <summary>For <c>chat.update</c> and <c>chat.delete</c>: the message that is meant.</summary>
    public string? Ts { get; init; }

    /// <summary>For <c>chat.postEphemeral</c>: who sees it.</summary>
    public string? OnlyFor { get; init; }

    /// <summary>For a response URL: <c>in_channel</c> or <c>ephemeral</c>.</summary>
    public string? ResponseType { get; init; }

    /// <summary>By which the message is found again; null: it is not to be.</summary>
    public PartReference? Reference { get; init; }

    public static OutgoingMessage Of(OutboundPart part) => new() { Text = part.Text, Format = part.Format, PlainText = part.PlainText };

    public static OutgoingMessage Of(PartBody body) => new() { Text = body.Body!, Format = body.Format, PlainText = body.PlainBody };

    /// <summary>The same without blocks and markup.</summary>
    public OutgoingMessage AsPlain() => this with { Text = PlainText ?? Text, Format = null };

    public ReadOnlyMemory<byte> ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Relaxed))
        {
            json.WriteStartObject();
            Write(json, "channel", Channel);
            Write(json, "ts", Ts);
            Write(json, "thread_ts", ThreadTs.Length > 0 ? ThreadTs : null);
            Write(json, "user", OnlyFor);
            if (ResponseType is not null)
            {
                json.WriteString("response_type", ResponseType);
                json.WriteBoolean("replace_original", false);
            }
            WriteContent(json);
            if (Reference is { } reference)
            {
                // https://docs.slack.dev/messaging/message-metadata
                json.WriteStartObject("metadata");
                json.WriteString("event_type", SlackMessageReader.PartEventType);
                json.WriteStartObject("event_payload");
                json.WriteString("reference", reference.ToString());
                json.WriteEndObject();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        return buffer.WrittenMemory;
    }

    private void WriteContent(Utf8JsonWriter json)
    {
        if (Format == SlackParts.Blocks)
        {
            using var body = JsonDocument.Parse(Text);
            foreach (var field in body.RootElement.EnumerateObject())
            {
                field.WriteTo(json);
            }
        }
        else if (Format == SlackParts.Mrkdwn)
        {
            json.WriteString("text", Text);
        }
        else if (Ts is not null)
        {
            // chat.update cannot be told that the text is plain.
            json.WriteString("text", SlackMrkdwn.Render(FormattedText.Plain(Text)));
        }
        else
        {
            json.WriteString("text", SlackMrkdwn.Escape(Text));
            json.WriteBoolean("mrkdwn", false);
        }
    }

    private static void Write(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }
}
