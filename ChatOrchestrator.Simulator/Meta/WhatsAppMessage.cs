using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.Meta;

/// <summary>What a person sees of a message object, and whether the platform takes it.</summary>
internal static class WhatsAppMessage
{
    public static (string Text, IReadOnlyList<MetaFile> Files, IReadOnlyList<MetaButton> Buttons) Check(MetaNetwork network, JsonObject body)
    {
        if (body["biz_opaque_callback_data"]?.ToString().Length > 512)
        {
            throw Invalid("biz_opaque_callback_data is too long");
        }
        var type = body["type"]?.ToString() ?? "text";
        var content = body[type] as JsonObject ?? throw GraphException.Invalid($"The parameter {type} is required.");
        return type switch
        {
            "text" => (Required(content, "body", 4096), [], []),
            "image" or "video" or "document" or "audio" or "sticker" => Media(type, content, network),
            "interactive" => Interactive(content),
            "template" => Template(content),
            "reaction" => ("", [], []),
            "location" => ($"{content["name"]} {content["latitude"]}, {content["longitude"]}", [], []),
            "contacts" => ("[contacts]", [], []),
            _ => throw new GraphException(400, 131051, "(#131051) Unsupported message type"),
        };
    }

    private static (string, IReadOnlyList<MetaFile>, IReadOnlyList<MetaButton>) Media(string type, JsonObject content, MetaNetwork network)
    {
        var caption = content["caption"]?.ToString() ?? "";
        if (caption.Length > 1024 || (caption.Length > 0 && type == "audio"))
        {
            throw Invalid("caption");
        }
        var kind = type is "sticker" ? "image" : type;
        if (content["id"]?.ToString() is { } id)
        {
            var medium = network.FindMedium(id) ?? throw new GraphException(400, 131009, "(#131009) Parameter value is not valid: media id");
            return (caption, [new MetaFile(kind, network.UrlOf(medium), medium.Name)], []);
        }
        return Uri.TryCreate(content["link"]?.ToString(), UriKind.Absolute, out var link) && link.Scheme is "http" or "https"
            ? (caption, [new MetaFile(kind, link.AbsoluteUri, content["filename"]?.ToString() ?? Path.GetFileName(link.AbsolutePath))], [])
            : throw Invalid("link");
    }

    private static (string, IReadOnlyList<MetaFile>, IReadOnlyList<MetaButton>) Interactive(JsonObject content)
    {
        var type = content["type"]?.ToString();
        var text = Required(content["body"] as JsonObject ?? throw Invalid("body"), "text", type == "list" ? 4096 : 1024);
        var action = content["action"] as JsonObject ?? throw Invalid("action");
        var buttons = type switch
        {
            "button" => (action["buttons"] as JsonArray ?? []).OfType<JsonObject>()
                .Select(b => b["reply"] as JsonObject ?? throw Invalid("reply")).Select(r => new MetaButton(Required(r, "id", 256), Required(r, "title", 20))).ToList(),
            "list" when Required(action, "button", 20).Length > 0 => (action["sections"] as JsonArray ?? []).OfType<JsonObject>()
                .SelectMany(s => (s["rows"] as JsonArray ?? []).OfType<JsonObject>()).Select(r => new MetaButton(Required(r, "id", 200), Required(r, "title", 24), IsReply: true)).ToList(),
            "cta_url" => [new MetaButton("url", action["parameters"]?["display_text"]?.ToString() ?? "Open", action["parameters"]?["url"]?.ToString())],
            _ => throw Invalid("interactive type"),
        };
        return buttons.Count >= 1 && buttons.Count <= (type == "list" ? 10 : 3)
            && buttons.DistinctBy(b => b.Id).Count() == buttons.Count && buttons.DistinctBy(b => b.Title).Count() == buttons.Count
            ? (text, [], buttons)
            : throw Invalid("buttons");
    }

    /// <summary>Every template exists, with as many parameters as it is sent with; its name stands for its text.</summary>
    private static (string, IReadOnlyList<MetaFile>, IReadOnlyList<MetaButton>) Template(JsonObject content)
    {
        var name = Required(content, "name", 512);
        Required(content["language"] as JsonObject ?? throw Invalid("language"), "code", 10);
        var parameters = (content["components"] as JsonArray ?? []).OfType<JsonObject>()
            .SelectMany(c => (c["parameters"] as JsonArray ?? []).OfType<JsonObject>()).Select(p => p["text"]?.ToString() ?? "").ToList();
        return parameters.Exists(p => p.Length is 0 or > 1024 || p.AsSpan().ContainsAny('\n', '\t') || p.Contains("     ", StringComparison.Ordinal))
            ? throw new GraphException(400, 132012, "(#132012) Parameter format does not match format in the created template")
            : ($"[{name}] {string.Join(' ', parameters)}".Trim(), [], []);
    }

    private static string Required(JsonObject from, string name, int most) =>
        from[name]?.ToString() is { Length: > 0 } value && value.Length <= most ? value : throw Invalid($"{name} must be 1 to {most} characters");

    private static GraphException Invalid(string what) => new(400, 131009, $"(#131009) Parameter value is not valid: {what}");
}
