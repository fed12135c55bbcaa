using System.Text.Json;
using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.OpenAi;

/// <summary>
/// An answer that keeps to a JSON schema, made from the text: the same for the same text.
/// <see href="https://platform.openai.com/docs/guides/structured-outputs"/>
/// </summary>
internal static class StructuredAnswer
{
    private const int MaxDepth = 10;

    private static readonly string[] Good = ["good", "great", "thanks", "thank", "love", "happy", "perfect", "danke", "toll", "super"];
    private static readonly string[] Bad = ["bad", "terrible", "awful", "angry", "broken", "hate", "worst", "schlecht", "kaputt", "sauer"];
    private static readonly string[] Hurried = ["urgent", "asap", "immediately", "now", "dringend", "sofort"];

    public static JsonNode? For(JsonElement schema, string text) => Make(schema, "", Words(text), text, 0);

    private static JsonNode? Make(JsonElement schema, string name, string[] words, string text, int depth)
    {
        if (schema.ValueKind != JsonValueKind.Object || depth > MaxDepth)
        {
            return null;
        }

        if (schema.TryGetProperty("enum", out var choices) && choices.ValueKind == JsonValueKind.Array && choices.GetArrayLength() > 0)
        {
            return Choose([.. choices.EnumerateArray()], words);
        }

        switch (TypeOf(schema))
        {
            case "object":
                var made = new JsonObject();
                if (schema.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object)
                {
                    foreach (var property in properties.EnumerateObject())
                    {
                        made[property.Name] = Make(property.Value, property.Name, words, text, depth + 1);
                    }
                }

                return made;
            case "array":
                return new JsonArray();
            case "number":
                return name.Contains("sentiment", StringComparison.OrdinalIgnoreCase) ? Math.Clamp((words.Count(Good.Contains) - words.Count(Bad.Contains)) / 2.0, -1, 1) : 0;
            case "integer":
                return words.Length;
            case "boolean":
                return false;
            case "string":
                return name.Contains("language", StringComparison.OrdinalIgnoreCase)
                    ? words.Any(static w => w is "ich" or "der" or "die" or "das" or "ist" or "und" or "nicht" or "danke") ? "de" : "en"
                    : text.Length > 100 ? text[..99] + "…" : text;
            default:
                return null;
        }
    }

    /// <summary>The first choice that the text names; of degrees the one that it sounds like; else what stands for nothing in particular.</summary>
    private static JsonNode? Choose(JsonElement[] choices, string[] words)
    {
        var named = Array.Find(choices, choice => choice.ValueKind == JsonValueKind.String && choice.GetString()!.Split('_', '-').All(part => words.Contains(part.ToLowerInvariant())));
        if (named.ValueKind == JsonValueKind.Undefined && words.Any(Hurried.Contains))
        {
            named = Array.Find(choices, static choice => choice.ValueKind == JsonValueKind.String && choice.ValueEquals("high"));
        }

        if (named.ValueKind == JsonValueKind.Undefined)
        {
            named = Array.Find(choices, static choice => choice.ValueKind == JsonValueKind.String && choice.GetString() is "none" or "other" or "normal" or "neutral" or "unknown");
        }

        return JsonNode.Parse((named.ValueKind == JsonValueKind.Undefined ? choices[0] : named).GetRawText());
    }

    /// <summary>A type may be a list that allows null beside another.</summary>
    private static string? TypeOf(JsonElement schema) => !schema.TryGetProperty("type", out var type) ? null
        : type.ValueKind == JsonValueKind.String ? type.GetString()
        : type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(static t => t.GetString()).FirstOrDefault(static t => t != "null")
        : null;

    private static string[] Words(string text) => text.ToLowerInvariant().Split([' ', '\n', '\t', '.', ',', '!', '?', ':', ';'], StringSplitOptions.RemoveEmptyEntries);
}
