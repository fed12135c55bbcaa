using System.Text;
using System.Text.Json;

namespace ChatOrchestrator.Simulator.OpenAi;

/// <summary>One message of a request, its content as plain text whatever parts it had.</summary>
internal sealed record ChatMessage(string Role, string Text)
{
    /// <summary>The pictures that it brought; null: none.</summary>
    public IReadOnlyList<ChatImage>? Images { get; init; }
}

/// <summary>A picture of a message. https://platform.openai.com/docs/guides/images-vision</summary>
/// <param name="MimeType">Null for one that is only named by its address.</param>
/// <param name="Size">In bytes; null for one that is only named by its address.</param>
internal sealed record ChatImage(string? MimeType, int? Size);

/// <summary>The parts of a chat completion request that matter here. https://platform.openai.com/docs/api-reference/chat/create</summary>
internal sealed record ChatRequest(string Model, IReadOnlyList<ChatMessage> Messages)
{
    public bool Stream { get; init; }

    public bool IncludeUsage { get; init; }

    public int? MaxTokens { get; init; }

    public bool JsonObject { get; init; }

    /// <summary>The schema that the answer must keep to; null: none.</summary>
    public JsonElement? Schema { get; init; }

    public string LastUserText => Messages.LastOrDefault(static message => message.Role == "user")?.Text ?? "";

    /// <summary>A plausible count: about four bytes a token and four tokens of overhead a message.</summary>
    public int PromptTokens => 3 + Messages.Sum(static message => 4 + Tokens(message.Text));

    public static int Tokens(string text) => (Encoding.UTF8.GetByteCount(text) + 3) / 4;

    /// <exception cref="OpenAiException">400 with the real API's message.</exception>
    public static ChatRequest Parse(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            throw OpenAiException.Invalid("We could not parse the JSON body of your request.", null);
        }

        var model = body.TryGetProperty("model", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString()! : "";
        if (model.Length == 0)
        {
            throw OpenAiException.Invalid("you must provide a model parameter", null);
        }

        if (!body.TryGetProperty("messages", out var list))
        {
            throw OpenAiException.Invalid("Missing required parameter: 'messages'.", "messages", "missing_required_parameter");
        }

        if (list.ValueKind != JsonValueKind.Array)
        {
            throw OpenAiException.Invalid($"Invalid type for 'messages': expected an array of objects, but got {Kind(list)} instead.", "messages", "invalid_type");
        }

        if (list.GetArrayLength() == 0)
        {
            throw OpenAiException.Invalid("Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.", "messages", "empty_array");
        }

        return new ChatRequest(model, list.EnumerateArray().Select(ParseMessage).ToList())
        {
            Stream = Flag(body, "stream"),
            IncludeUsage = body.TryGetProperty("stream_options", out var options) && options.ValueKind == JsonValueKind.Object && Flag(options, "include_usage"),
            MaxTokens = Number(body, "max_completion_tokens") ?? Number(body, "max_tokens"),
            JsonObject = body.TryGetProperty("response_format", out var format) && format.ValueKind == JsonValueKind.Object
                && format.TryGetProperty("type", out var type) && type.ValueEquals("json_object"),
            Schema = ParseSchema(body),
        };
    }

    /// <summary>https://platform.openai.com/docs/guides/structured-outputs</summary>
    private static JsonElement? ParseSchema(JsonElement body)
    {
        if (!body.TryGetProperty("response_format", out var format) || format.ValueKind != JsonValueKind.Object
            || !format.TryGetProperty("type", out var type) || !type.ValueEquals("json_schema"))
        {
            return null;
        }

        if (!format.TryGetProperty("json_schema", out var given) || given.ValueKind != JsonValueKind.Object)
        {
            throw OpenAiException.Invalid("Missing required parameter: 'response_format.json_schema'.", "response_format.json_schema", "missing_required_parameter");
        }

        if (!given.TryGetProperty("name", out var name) || name.ValueKind != JsonValueKind.String || name.GetString()!.Length is 0 or > 64)
        {
            throw OpenAiException.Invalid("Missing required parameter: 'response_format.json_schema.name'.", "response_format.json_schema.name", "missing_required_parameter");
        }

        if (!given.TryGetProperty("schema", out var schema) || schema.ValueKind != JsonValueKind.Object)
        {
            throw OpenAiException.Invalid("Missing required parameter: 'response_format.json_schema.schema'.", "response_format.json_schema.schema", "missing_required_parameter");
        }

        if (Flag(given, "strict") && !(schema.TryGetProperty("additionalProperties", out var more) && more.ValueKind == JsonValueKind.False))
        {
            throw OpenAiException.Invalid(
                $"Invalid schema for response_format '{name.GetString()}': In context=(), 'additionalProperties' is required to be supplied and to be false.", "response_format");
        }

        return schema.Clone();
    }

    private static ChatMessage ParseMessage(JsonElement message, int index)
    {
        var role = message.ValueKind == JsonValueKind.Object && message.TryGetProperty("role", out var given) && given.ValueKind == JsonValueKind.String
            ? given.GetString()!
            : "";
        if (role is not ("system" or "developer" or "user" or "assistant" or "tool" or "function"))
        {
            throw OpenAiException.Invalid(
                $"Invalid value: '{role}'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.", $"messages[{index}].role", "invalid_value");
        }

        if (!message.TryGetProperty("content", out var content) || content.ValueKind == JsonValueKind.Null)
        {
            return role == "assistant"
                ? new ChatMessage(role, "")
                : throw OpenAiException.Invalid("Invalid value for 'content': expected a string, got null.", $"messages.[{index}].content");
        }

        return content.ValueKind switch
        {
            JsonValueKind.String => new ChatMessage(role, content.GetString()!),
            JsonValueKind.Array => new ChatMessage(role, string.Join('\n', content.EnumerateArray()
                .Where(static part => part.ValueKind == JsonValueKind.Object && part.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String)
                .Select(static part => part.GetProperty("text").GetString())))
            { Images = ParseImages(content, index) },
            _ => throw OpenAiException.Invalid(
                $"Invalid type for 'messages[{index}].content': expected one of a string or array of objects, but got {Kind(content)} instead.", $"messages[{index}].content", "invalid_type"),
        };
    }

    private static List<ChatImage>? ParseImages(JsonElement content, int index)
    {
        List<ChatImage>? images = null;
        foreach (var part in content.EnumerateArray())
        {
            if (part.ValueKind == JsonValueKind.Object && part.TryGetProperty("type", out var type) && type.ValueEquals("image_url"))
            {
                var url = part.TryGetProperty("image_url", out var image) && image.ValueKind == JsonValueKind.Object
                    && image.TryGetProperty("url", out var given) && given.ValueKind == JsonValueKind.String ? given.GetString()! : "";
                (images ??= []).Add(ParseImage(url) ?? throw OpenAiException.Invalid(
                    "Invalid image data URL or address.", $"messages[{index}].content", "invalid_image_url"));
            }
        }

        return images;
    }

    private static ChatImage? ParseImage(string url)
    {
        if (!url.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
        {
            return Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? new ChatImage(null, null) : null;
        }

        // data:image/png;base64,…
        var comma = url.IndexOf(',', StringComparison.Ordinal);
        return comma > 0 && url.AsSpan(0, comma).EndsWith(";base64", StringComparison.OrdinalIgnoreCase)
            && url.AsSpan(5, comma - 5 - ";base64".Length) is { IsEmpty: false } mime && mime.StartsWith("image/", StringComparison.OrdinalIgnoreCase)
            && System.Buffers.Text.Base64.IsValid(url.AsSpan(comma + 1), out var size) && size > 0
                ? new ChatImage(mime.ToString().ToLowerInvariant(), size)
                : null;
    }

    private static bool Flag(JsonElement body, string name) => body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    private static int? Number(JsonElement body, string name) =>
        body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : null;

    private static string Kind(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "an integer",
        JsonValueKind.Null => "null",
        _ => "a boolean",
    };
}
