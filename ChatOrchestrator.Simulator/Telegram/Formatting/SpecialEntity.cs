using System.Globalization;
using System.Text.RegularExpressions;

namespace ChatOrchestrator.Simulator.Telegram.Formatting;

/// <summary>Custom emoji and dates, which both markups write as a special link or tag.</summary>
internal static partial class SpecialEntity
{
    /// <summary><c>tg://emoji?id=…</c> or <c>tg://time?unix=…&amp;format=…</c>.</summary>
    /// <exception cref="FormattingException">It is neither.</exception>
    public static MessageEntity FromLink(string url, int offset, int length)
    {
        var match = Link().Match(url);
        if (match.Success)
        {
            var query = match.Groups["query"].Value.Split('&')
                .Select(static pair => pair.Split('=', 2))
                .Where(static pair => pair.Length == 2)
                .GroupBy(static pair => pair[0], StringComparer.Ordinal)
                .ToDictionary(static group => group.Key, static group => Uri.UnescapeDataString(group.First()[1]), StringComparer.Ordinal);
            if (match.Groups["kind"].Value.Equals("emoji", StringComparison.OrdinalIgnoreCase)
                && query.TryGetValue("id", out var id) && Identifier().IsMatch(id))
            {
                return new MessageEntity("custom_emoji", offset, length) { CustomEmojiId = id };
            }

            if (match.Groups["kind"].Value.Equals("time", StringComparison.OrdinalIgnoreCase)
                && query.TryGetValue("unix", out var unix) && Identifier().IsMatch(unix)
                && int.TryParse(unix, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            {
                return Date(seconds, query.GetValueOrDefault("format", ""), offset, length);
            }
        }

        throw new FormattingException("can't parse entities: Invalid tg://emoji or tg://time URL specified");
    }

    /// <summary>A date with its display format: <c>r</c>, or any of <c>w d D t T</c>.</summary>
    public static MessageEntity Date(int unixTime, string format, int offset, int length)
    {
        if (!Format().IsMatch(format))
        {
            throw new FormattingException("can't parse entities: Invalid date format used");
        }

        return new MessageEntity("date_time", offset, length) { UnixTime = unixTime, DateTimeFormat = format };
    }

    [GeneratedRegex(@"^tg:(?://)?(?<kind>emoji|time)/?\?(?<query>[^#]*)(?:#.*)?$", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Link();

    [GeneratedRegex(@"^[1-9]\d{0,18}$", RegexOptions.CultureInvariant)]
    private static partial Regex Identifier();

    [GeneratedRegex(@"^(?:[rR]|[wWdDtT]*)$", RegexOptions.CultureInvariant)]
    private static partial Regex Format();
}
