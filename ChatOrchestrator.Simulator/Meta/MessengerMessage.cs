using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.Meta;

/// <summary>What a person sees of a message object, and whether the platform takes it.</summary>
internal static class MessengerMessage
{
    public static (string Text, IReadOnlyList<MetaFile> Files, IReadOnlyList<MetaButton> Buttons) Check(MetaNetwork network, JsonObject message)
    {
        if (message["metadata"]?.ToString().Length > 1000)
        {
            throw GraphException.Invalid("Length of param message[metadata] must be less than or equal to 1000");
        }
        var text = message["text"]?.ToString();
        if (text is { Length: > 2000 })
        {
            throw GraphException.Invalid("Length of param message[text] must be less than or equal to 2000");
        }
        var replies = QuickReplies(message["quick_replies"] as JsonArray);
        if (message["attachment"] is not JsonObject attachment)
        {
            return string.IsNullOrWhiteSpace(text) ? throw GraphException.Invalid("Message cannot be empty, must provide valid attachment or text") : (text, [], replies);
        }
        if (text is not null)
        {
            throw GraphException.Invalid("Message cannot have both text and attachment");
        }
        var payload = attachment["payload"] as JsonObject ?? throw GraphException.Invalid("Param attachment[payload] is required");
        return attachment["type"]?.ToString() switch
        {
            "template" => Template(payload, replies),
            "image" => ("", [File("image", payload, network)], replies),
            "audio" => ("", [File("audio", payload, network)], replies),
            "video" => ("", [File("video", payload, network)], replies),
            "file" => ("", [File("document", payload, network)], replies),
            _ => throw GraphException.Invalid("Param attachment[type] must be one of {AUDIO, FILE, IMAGE, TEMPLATE, VIDEO}"),
        };
    }

    private static List<MetaButton> QuickReplies(JsonArray? given)
    {
        if (given is { Count: > 13 })
        {
            throw GraphException.Invalid("Param message[quick_replies] has too many elements.");
        }
        return (given ?? []).OfType<JsonObject>().Select(reply => new MetaButton(Required(reply, "payload", 1000), Required(reply, "title", 20), IsReply: true)).ToList();
    }

    private static (string, IReadOnlyList<MetaFile>, IReadOnlyList<MetaButton>) Template(JsonObject payload, List<MetaButton> replies)
    {
        if (payload["template_type"]?.ToString() != "button")
        {
            throw GraphException.Invalid("This simulator has only button templates");
        }
        var text = Required(payload, "text", 640);
        var buttons = (payload["buttons"] as JsonArray ?? []).OfType<JsonObject>().Select(button => button["type"]?.ToString() switch
        {
            "postback" => new MetaButton(Required(button, "payload", 1000), Required(button, "title", 20)),
            "web_url" => new MetaButton(Required(button, "url", 4000), Required(button, "title", 20), Required(button, "url", 4000)),
            _ => throw GraphException.Invalid("Invalid button type"),
        }).ToList();
        return buttons.Count is >= 1 and <= 3 ? (text, [], [.. buttons, .. replies]) : throw GraphException.Invalid("Buttons: expected 1 to 3 elements");
    }

    private static MetaFile File(string kind, JsonObject payload, MetaNetwork network)
    {
        if (payload["attachment_id"]?.ToString() is { } id)
        {
            var medium = network.FindMedium(id) ?? throw new GraphException(400, 100, "(#100) Invalid attachment id", 2018074);
            return new MetaFile(kind, medium.MimeType == "text/uri-list" ? System.Text.Encoding.UTF8.GetString(medium.Bytes) : network.UrlOf(medium), medium.Name);
        }
        return Uri.TryCreate(payload["url"]?.ToString(), UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? new MetaFile(kind, url.AbsoluteUri, Path.GetFileName(url.AbsolutePath))
            : throw new GraphException(400, 100, "(#100) Failed to fetch the file from the url", 2018008);
    }

    private static string Required(JsonObject from, string name, int most) => from[name]?.ToString() is { Length: > 0 } value && value.Length <= most
        ? value
        : throw GraphException.Invalid($"Param {name} must be 1 to {most} characters");
}
