using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.Slack;

/// <summary>The limits of <see href="https://docs.slack.dev/reference/block-kit/blocks">Block Kit</see> that the server enforces.</summary>
internal static class BlockRules
{
    private const int MaxBlocks = 50;

    /// <exception cref="SlackApiException"><c>invalid_blocks</c>.</exception>
    public static JsonArray? Check(JsonNode? blocks)
    {
        if (blocks is null)
        {
            return null;
        }

        if (blocks is not JsonArray array)
        {
            throw new SlackApiException("invalid_blocks_format");
        }

        if (array.Count > MaxBlocks || array.Any(b => b is not JsonObject block || !IsValid(block)))
        {
            throw new SlackApiException("invalid_blocks");
        }

        return array.Count == 0 ? null : array;
    }

    private static bool IsValid(JsonObject block) => Text(block["type"]) switch
    {
        "section" => block["text"] is null ? block["fields"] is JsonArray : Length(block["text"]) is >= 1 and <= 3_000,
        "actions" => block["elements"] is JsonArray { Count: >= 1 and <= 25 } elements && elements.All(IsElement) && AreNamedOnce(elements),
        "image" => Text(block["alt_text"])?.Length is >= 1 and <= 2_000 && (block["slack_file"] is not null || IsUrl(block["image_url"])),
        "header" => Length(block["text"]) is >= 1 and <= 150,
        "context" => block["elements"] is JsonArray { Count: >= 1 and <= 10 },
        "markdown" => Text(block["text"])?.Length is >= 1 and <= 12_000,
        "divider" or "rich_text" or "input" or "file" or "video" or "context_actions" or "table" => true,
        _ => false,
    };

    private static bool IsElement(JsonNode? element) => element is JsonObject o && Text(o["type"]) is { } type
        && (type != "button" || (Length(o["text"]) is >= 1 and <= 75 && (Text(o["value"])?.Length ?? 0) <= 2_000 && (o["url"] is null || IsUrl(o["url"])) && (Text(o["action_id"])?.Length ?? 0) <= 255));

    private static bool AreNamedOnce(JsonArray elements)
    {
        var names = elements.Select(e => Text(e!["action_id"])).Where(n => n is not null).ToList();
        return names.Distinct().Count() == names.Count;
    }

    private static int Length(JsonNode? text) => Text(text?["text"])?.Length ?? 0;

    private static bool IsUrl(JsonNode? url) =>
        Text(url) is { Length: <= 3_000 } text && Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https";

    public static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
