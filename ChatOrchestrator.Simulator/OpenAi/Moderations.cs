using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.OpenAi;

/// <summary>
/// <c>POST /v1/moderations</c>. A text is flagged when it names a category behind an exclamation mark, such as
/// <c>!violence</c> or <c>!self-harm/intent</c>; <c>!flag</c> stands for <c>harassment</c>. A picture (an <c>image_url</c> with a
/// <c>data:</c> address) is flagged when its bytes hold such a word, in a comment perhaps.
/// </summary>
/// <remarks>https://platform.openai.com/docs/api-reference/moderations</remarks>
internal static class Moderations
{
    private static readonly string[] Categories =
    [
        "harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent", "self-harm",
        "self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors", "violence", "violence/graphic",
    ];

    /// <exception cref="OpenAiException">There is no usable input.</exception>
    public static JsonObject Judge(JsonElement body, string id)
    {
        if (body.ValueKind != JsonValueKind.Object || !body.TryGetProperty("input", out var input))
        {
            throw OpenAiException.Invalid("Missing required parameter: 'input'.", "input", "missing_required_parameter");
        }

        // Several strings are judged one by one, the parts of a multi-modal input together.
        var hasImage = false;
        IReadOnlyList<string> texts = input.ValueKind switch
        {
            JsonValueKind.String => [input.GetString()!],
            JsonValueKind.Array when input.EnumerateArray().All(static part => part.ValueKind == JsonValueKind.String) =>
                input.EnumerateArray().Select(static part => part.GetString()!).ToList(),
            JsonValueKind.Array => [string.Join('\n', input.EnumerateArray().Select(part => Read(part, ref hasImage)))],
            _ => throw OpenAiException.Invalid("Invalid type for 'input'.", "input", "invalid_type"),
        };
        if (hasImage && input.EnumerateArray().Count(static part => IsImage(part, out _)) > 1)
        {
            throw OpenAiException.Invalid("Only one image is supported per request.", "input", "too_many_images");
        }
        var model = body.TryGetProperty("model", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString() : "omni-moderation-latest";
        return new JsonObject
        {
            ["id"] = "modr-" + id,
            ["model"] = model,
            ["results"] = new JsonArray(texts.Select(text => (JsonNode)Judge(text, hasImage ? "image" : "text")).ToArray()),
        };
    }

    private static JsonObject Judge(string text, string kind)
    {
        var flagged = Categories.Where(category => Names(text, category)).ToHashSet(StringComparer.Ordinal);
        var categories = new JsonObject();
        var scores = new JsonObject();
        var inputs = new JsonObject();
        foreach (var category in Categories)
        {
            categories[category] = flagged.Contains(category);
            scores[category] = flagged.Contains(category) ? 0.97 : 0.0001;
            inputs[category] = new JsonArray(kind);
        }

        return new JsonObject
        {
            ["flagged"] = flagged.Count > 0,
            ["categories"] = categories,
            ["category_scores"] = scores,
            ["category_applied_input_types"] = inputs,
        };
    }

    private static string Read(JsonElement part, ref bool hasImage)
    {
        if (part.ValueKind == JsonValueKind.Object && part.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String)
        {
            return text.GetString()!;
        }
        if (!IsImage(part, out var address))
        {
            throw OpenAiException.Invalid("Invalid type for 'input'.", "input", "invalid_type");
        }
        hasImage = true;
        try
        {
            return address.Split(";base64,") is [_, var encoded] ? Encoding.Latin1.GetString(Convert.FromBase64String(encoded)).Replace('\0', ' ') : "";
        }
        catch (FormatException)
        {
            throw OpenAiException.Invalid("Invalid base64 image_url.", "input", "invalid_base64");
        }
    }

    private static bool IsImage(JsonElement part, out string address)
    {
        address = part.ValueKind == JsonValueKind.Object && part.TryGetProperty("image_url", out var image) && image.ValueKind == JsonValueKind.Object
            && image.TryGetProperty("url", out var url) && url.ValueKind == JsonValueKind.String ? url.GetString()! : "";
        return address.Length > 0;
    }

    private static bool Names(string text, string category) => text.Split([' ', '\n', '\t', '.', ','], StringSplitOptions.RemoveEmptyEntries)
        .Any(word => word == "!" + category || (word == "!flag" && category == "harassment"));
}
