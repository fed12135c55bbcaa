using System.Text.Json;
using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.OpenAi;

/// <summary>
/// <c>POST /v1/moderations</c>. A text is flagged when it names a category behind an exclamation mark, such as
/// <c>!violence</c> or <c>!self-harm/intent</c>; <c>!flag</c> stands for <c>harassment</c>.
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
        IReadOnlyList<string> texts = input.ValueKind switch
        {
            JsonValueKind.String => [input.GetString()!],
            JsonValueKind.Array when input.EnumerateArray().All(static part => part.ValueKind == JsonValueKind.String) =>
                input.EnumerateArray().Select(static part => part.GetString()!).ToList(),
            JsonValueKind.Array => [string.Join('\n', input.EnumerateArray()
                .Where(static part => part.ValueKind == JsonValueKind.Object && part.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String)
                .Select(static part => part.GetProperty("text").GetString()))],
            _ => throw OpenAiException.Invalid("Invalid type for 'input'.", "input", "invalid_type"),
        };
        var model = body.TryGetProperty("model", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString() : "omni-moderation-latest";
        return new JsonObject
        {
            ["id"] = "modr-" + id,
            ["model"] = model,
            ["results"] = new JsonArray(texts.Select(static text => (JsonNode)Judge(text)).ToArray()),
        };
    }

    private static JsonObject Judge(string text)
    {
        var flagged = Categories.Where(category => Names(text, category)).ToHashSet(StringComparer.Ordinal);
        var categories = new JsonObject();
        var scores = new JsonObject();
        var inputs = new JsonObject();
        foreach (var category in Categories)
        {
            categories[category] = flagged.Contains(category);
            scores[category] = flagged.Contains(category) ? 0.97 : 0.0001;
            inputs[category] = new JsonArray("text");
        }

        return new JsonObject
        {
            ["flagged"] = flagged.Count > 0,
            ["categories"] = categories,
            ["category_scores"] = scores,
            ["category_applied_input_types"] = inputs,
        };
    }

    private static bool Names(string text, string category) => text.Split([' ', '\n', '\t', '.', ','], StringSplitOptions.RemoveEmptyEntries)
        .Any(word => word == "!" + category || (word == "!flag" && category == "harassment"));
}
