using System.Globalization;
using System.Text.Json.Nodes;
using ChatOrchestrator.Infrastructure.Formatting;

namespace ChatOrchestrator.Infrastructure.Platforms.Discord;

/// <summary>Rows of buttons (https://discord.com/developers/docs/components/reference#button).</summary>
internal static class DiscordButtons
{
    public const int PerRow = 5;
    public const int MaxButtons = 25;
    public const int MaxLabelLength = 80;

    private const int MaxCustomIdLength = 100;
    private const int MaxUrlLength = 512;
    private const int ActionRow = 1;
    private const int Button = 2;
    private const int Primary = 1;
    private const int LinkStyle = 5;

    /// <summary>Whether Discord can carry the row; if not, it becomes a numbered list.</summary>
    public static bool Fit(ButtonsBlock block) =>
        block.Buttons.Count is > 0 and <= MaxButtons
            && block.Buttons.Select((b, i) => b.Label.Length <= MaxLabelLength
                && (b.Url is null ? CustomId(i, b.Payload!).Length <= MaxCustomIdLength : b.Url.AbsoluteUri.Length <= MaxUrlLength)).All(fits => fits);

    public static JsonArray Components(ButtonsBlock block)
    {
        var rows = new JsonArray();
        foreach (var row in block.Buttons.Index().Chunk(PerRow))
        {
            var buttons = new JsonArray();
            foreach (var (i, button) in row)
            {
                buttons.Add((JsonNode)(button.Url is null
                    ? new JsonObject { ["type"] = Button, ["style"] = Primary, ["label"] = button.Label, ["custom_id"] = CustomId(i, button.Payload!) }
                    : new JsonObject { ["type"] = Button, ["style"] = LinkStyle, ["label"] = button.Label, ["url"] = button.Url.AbsoluteUri }));
            }
            rows.Add((JsonNode)new JsonObject { ["type"] = ActionRow, ["components"] = buttons });
        }
        return rows;
    }

    /// <summary>What the button of this <c>custom_id</c> replies with.</summary>
    public static string PayloadOf(string customId)
    {
        var colon = customId.IndexOf(':', StringComparison.Ordinal);
        return colon > 1 && customId[0] == 'r' && !customId.AsSpan(1, colon - 1).ContainsAnyExceptInRange('0', '9') && colon + 1 < customId.Length
            ? customId[(colon + 1)..]
            : customId;
    }

    /// <summary>With its place, because no two buttons of a message may have the same.</summary>
    private static string CustomId(int place, string payload) => string.Create(CultureInfo.InvariantCulture, $"r{place}:{payload}");
}
