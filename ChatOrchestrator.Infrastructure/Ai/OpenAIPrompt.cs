using System.Buffers;
using System.Net.Http.Headers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace ChatOrchestrator.Infrastructure.Ai;

/// <summary>Writes what is asked of <see href="https://platform.openai.com/docs/api-reference/chat/create">chat completions</see>.</summary>
internal static class OpenAIPrompt
{
    /// <summary>What stands around the texts: roles, punctuation, and what the writer wants to have free before it writes.</summary>
    private const int Frame = 1_024, FrameOfMessage = 64;

    /// <param name="messages">Texts and pictures.</param>
    /// <param name="options">Temperature, length and form; nothing of ours asks for more.</param>
    public static HttpContent Of(string model, IEnumerable<ChatMessage> messages, ChatOptions? options, bool stream)
    {
        var buffer = new ArrayBufferWriter<byte>(LengthOf(messages));
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("model"u8, model);
            json.WriteStartArray("messages"u8);
            foreach (var message in messages)
            {
                Write(json, message);
            }
            json.WriteEndArray();
            if (options is not null)
            {
                Write(json, options);
            }
            if (stream)
            {
                json.WriteBoolean("stream"u8, true);
                json.WriteStartObject("stream_options"u8);
                json.WriteBoolean("include_usage"u8, true);
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        var content = new ReadOnlyMemoryContent(buffer.WrittenMemory);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    /// <summary>About the length in bytes, so that the buffer, which lives as long as the model thinks, is not made several times.</summary>
    private static int LengthOf(IEnumerable<ChatMessage> messages)
    {
        var (all, longest) = (Frame, 0);
        foreach (var message in messages)
        {
            all += FrameOfMessage;
            foreach (var content in message.Contents)
            {
                var length = content switch { TextContent text => text.Text.Length, DataContent data => data.Uri.Length, _ => 0 };
                all += length;
                longest = Math.Max(longest, length);
            }
        }
        // The writer asks for three bytes per character, which is what the last one may need.
        return all + 2 * longest;
    }

    private static void Write(Utf8JsonWriter json, ChatMessage message)
    {
        json.WriteStartObject();
        json.WriteString("role"u8, message.Role.Value);
        if (message.Contents is [] or [TextContent])
        {
            json.WriteString("content"u8, message.Text);
        }
        else
        {
            json.WriteStartArray("content"u8);
            foreach (var content in message.Contents)
            {
                Write(json, content);
            }
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    /// <exception cref="NotSupportedException">It is neither a text nor a picture.</exception>
    private static void Write(Utf8JsonWriter json, AIContent content)
    {
        json.WriteStartObject();
        switch (content)
        {
            case TextContent text:
                json.WriteString("type"u8, "text"u8);
                json.WriteString("text"u8, text.Text);
                break;
            case DataContent picture when picture.HasTopLevelMediaType("image"):
                WritePicture(json, picture.Uri);
                break;
            case UriContent picture when picture.HasTopLevelMediaType("image"):
                WritePicture(json, picture.Uri.AbsoluteUri);
                break;
            default:
                throw new NotSupportedException($"A prompt cannot hold {content.GetType().Name}.");
        }
        json.WriteEndObject();
    }

    private static void WritePicture(Utf8JsonWriter json, string address)
    {
        json.WriteString("type"u8, "image_url"u8);
        json.WriteStartObject("image_url"u8);
        json.WriteString("url"u8, address);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ChatOptions options)
    {
        if (options.Temperature is { } temperature)
        {
            json.WriteNumber("temperature"u8, temperature);
        }
        if (options.MaxOutputTokens is { } tokens)
        {
            json.WriteNumber("max_completion_tokens"u8, tokens);
        }
        if (options.ResponseFormat is { } form)
        {
            json.WriteStartObject("response_format"u8);
            if (form is not ChatResponseFormatJson format)
            {
                json.WriteString("type"u8, "text"u8);
            }
            else if (format.Schema is { } schema)
            {
                json.WriteString("type"u8, "json_schema"u8);
                json.WriteStartObject("json_schema"u8);
                json.WriteString("name"u8, format.SchemaName ?? "json_schema");
                if (format.SchemaDescription is { } description)
                {
                    json.WriteString("description"u8, description);
                }
                json.WritePropertyName("schema"u8);
                schema.WriteTo(json);
                if (options.AdditionalProperties?.TryGetValue("strict", out var strict) == true && strict is bool isStrict)
                {
                    json.WriteBoolean("strict"u8, isStrict);
                }
                json.WriteEndObject();
            }
            else
            {
                json.WriteString("type"u8, "json_object"u8);
            }
            json.WriteEndObject();
        }
    }
}
