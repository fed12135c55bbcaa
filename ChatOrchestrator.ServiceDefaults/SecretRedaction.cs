using System.Text.RegularExpressions;

namespace ChatOrchestrator.ServiceDefaults;

/// <summary>
/// Takes the secrets out of a URL, a path or a text that contains one. Platforms put credentials where telemetry looks:
/// <list type="bullet">
/// <item>Telegram: <c>/bot&lt;token&gt;/method</c> and <c>/file/bot&lt;token&gt;/path</c>
/// (https://core.telegram.org/bots/api#making-requests)</item>
/// <item>Discord: <c>/interactions/{id}/{token}/callback</c> and <c>/webhooks/{id}/{token}</c>
/// (https://discord.com/developers/docs/interactions/receiving-and-responding#endpoints)</item>
/// <item>Slack: everything behind <c>hooks.slack.com/</c> (https://api.slack.com/messaging/webhooks)</item>
/// <item>our own API keys and refresh tokens, which somebody puts into a path by mistake</item>
/// <item>Meta and others: query parameters such as <c>access_token</c>; no value of a query is kept</item>
/// </list>
/// </summary>
internal static partial class SecretRedaction
{
    /// <summary>What stands in place of a secret.</summary>
    public const string Placeholder = "REDACTED";

    /// <summary>The text without secrets; the same instance if there was none.</summary>
    public static string Redact(string text)
    {
        // Almost every tag is short and plain; only what looks like a path or a query is worth the expressions.
        if (!text.AsSpan().ContainsAny('/', '?', '='))
        {
            return text;
        }

        text = TelegramToken().Replace(text, "/bot" + Placeholder);
        text = DiscordToken().Replace(text, "$1" + Placeholder);
        text = SlackHook().Replace(text, "$1" + Placeholder);
        text = OwnKey().Replace(text, "$1" + Placeholder);
        return QueryValue().Replace(text, "$1" + Placeholder);
    }

    /// <summary>A query string with or without its question mark: names stay, values go.</summary>
    public static string RedactQuery(string query) => BareQueryValue().Replace(query, "$1" + Placeholder);

    [GeneratedRegex(@"/bot[0-9]+(?::|%3A)[^/?#\s""]+", RegexOptions.IgnoreCase)]
    private static partial Regex TelegramToken();

    [GeneratedRegex(@"(/(?:interactions|webhooks)/[0-9]+/)[^/?#\s""]+", RegexOptions.IgnoreCase)]
    private static partial Regex DiscordToken();

    [GeneratedRegex(@"(//hooks\.slack\.com/)[^?#\s""]+", RegexOptions.IgnoreCase)]
    private static partial Regex SlackHook();

    [GeneratedRegex(@"(/(?:cok|cor|dev)_)[A-Za-z0-9_-]{20,}")]
    private static partial Regex OwnKey();

    [GeneratedRegex(@"([?&][^=&#\s""]+=)[^&#\s""]+")]
    private static partial Regex QueryValue();

    [GeneratedRegex(@"((?:^|[?&])[^=&]+=)[^&]+")]
    private static partial Regex BareQueryValue();
}
