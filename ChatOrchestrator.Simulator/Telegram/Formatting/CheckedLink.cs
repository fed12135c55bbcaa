using System.Globalization;
using System.Text.RegularExpressions;

namespace ChatOrchestrator.Simulator.Telegram.Formatting;

/// <summary>The links that markup may contain; anything else loses its entity but keeps its text.</summary>
internal static partial class CheckedLink
{
    /// <summary>An entity for <paramref name="url"/>, or <see langword="null"/> when Telegram would not link it.</summary>
    public static MessageEntity? ToEntity(string url, int offset, int length)
    {
        var user = UserLink().Match(url);
        if (user.Success && long.TryParse(user.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
        {
            return new MessageEntity("text_mention", offset, length) { User = new User(id, false, "") };
        }

        return Normalize(url) is { } link ? new MessageEntity("text_link", offset, length) { Url = link } : null;
    }

    /// <summary>The link as Telegram stores it: with a scheme, a lower-case host and a path.</summary>
    public static string? Normalize(string url)
    {
        var trimmed = url.Trim();
        if (trimmed.StartsWith("tg:", StringComparison.OrdinalIgnoreCase) && trimmed.Length > 3)
        {
            return "tg://" + trimmed[3..].TrimStart('/');
        }

        var match = WebLink().Match(trimmed);
        if (!match.Success || match.Groups["host"].Value.Contains("..", StringComparison.Ordinal))
        {
            return null;
        }

        var scheme = match.Groups["scheme"].Success ? match.Groups["scheme"].Value.ToLowerInvariant() : "http";
        var rest = match.Groups["rest"].Value;
        return $"{scheme}://{match.Groups["user"].Value}{match.Groups["host"].Value.ToLowerInvariant()}{match.Groups["port"].Value}{(rest.StartsWith('/') ? "" : "/")}{rest}";
    }

    [GeneratedRegex(@"^tg:(?://)?user/?\?(?:[^#]*&)?id=([1-9]\d{0,15})(?:[&#].*)?$", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex UserLink();

    [GeneratedRegex(@"^(?:(?<scheme>https?)://)?(?<user>[^\s/?#@]*@)?(?<host>[^\s/?#:@.]+(?:\.[^\s/?#:@.]+)+)(?<port>:\d{1,5})?(?<rest>(?:[/?#]\S*)?)$", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex WebLink();
}
