using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ChatOrchestrator.Infrastructure.Formatting;

namespace ChatOrchestrator.Infrastructure.Platforms.Telegram;

/// <summary>
/// Rows of buttons as <see href="https://core.telegram.org/bots/api#inlinekeyboardmarkup">inline keyboards</see>. A payload
/// that does not fit <c>callback_data</c> is not kept anywhere: its button carries a digest of it and comes back with its
/// label as payload, which stands in the keyboard of the message that was pressed.
/// </summary>
internal static class TelegramButtons
{
    /// <summary>The most buttons of one keyboard that Telegram shows (https://limits.tginfo.me).</summary>
    public const int MaxButtons = 100;

    /// <summary>UTF-16 units; more can be sent, and is not shown on a telephone.</summary>
    public const int MaxLabel = 64;

    /// <summary>In bytes, see <see href="https://core.telegram.org/bots/api#inlinekeyboardbutton">InlineKeyboardButton</see>.</summary>
    private const int MaxData = 64;

    private const string DigestPrefix = "~#";

    /// <summary>Three short labels stand side by side.</summary>
    private const int ShortLabel = 12;
    private const int MaxPerRow = 3;

    public static bool Fits(ButtonsBlock block) => block.Buttons.Count <= MaxButtons && block.Buttons.All(b => b.Label.Length <= MaxLabel);

    public static JsonObject Keyboard(ButtonsBlock block)
    {
        var perRow = block.Buttons.All(b => b.Label.Length <= ShortLabel) ? MaxPerRow : 1;
        var rows = new JsonArray();
        foreach (var row in block.Buttons.Chunk(perRow))
        {
            rows.Add(new JsonArray([.. row.Select(Button)]));
        }
        return new JsonObject { ["inline_keyboard"] = rows };
    }

    public static string DataOf(string payload) =>
        Encoding.UTF8.GetByteCount(payload) <= MaxData && !IsDigest(payload)
            ? payload
            : DigestPrefix + Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(payload)));

    /// <summary>No payload that is short enough looks like this: such a one is digested too.</summary>
    public static bool IsDigest(string data) => data.StartsWith(DigestPrefix, StringComparison.Ordinal);

    /// <summary>What stood on the button; null: it is not in the keyboard (any more).</summary>
    public static string? LabelOf(InlineKeyboardMarkup? keyboard, string data)
    {
        foreach (var row in keyboard?.InlineKeyboard ?? [])
        {
            foreach (var button in row ?? [])
            {
                if (button is { Text: { Length: > 0 } label } && button.CallbackData == data)
                {
                    return label;
                }
            }
        }
        return null;
    }

    /// <summary>The keyboard in words, for when Telegram refuses it.</summary>
    public static string AsList(JsonNode? keyboard)
    {
        var list = new StringBuilder();
        var number = 0;
        foreach (var button in (keyboard?["inline_keyboard"] as JsonArray ?? []).OfType<JsonArray>().SelectMany(row => row))
        {
            list.Append('\n').Append(++number).Append(". ").Append(button?["text"]);
            if (button?["url"] is { } url)
            {
                list.Append(" (").Append(url).Append(')');
            }
        }
        return list.ToString();
    }

    private static JsonNode Button(AnswerButton button) => button.Url is { } url
        ? new JsonObject { ["text"] = button.Label, ["url"] = url.AbsoluteUri }
        : new JsonObject { ["text"] = button.Label, ["callback_data"] = DataOf(button.Payload!) };
}
