using System.Text.RegularExpressions;

namespace ChatOrchestrator.Simulator.Telegram.Formatting;

/// <summary>Finds the commands, mentions, hashtags, links and addresses that Telegram marks by itself.</summary>
internal static partial class EntityDetector
{
    /// <summary>The entities of <paramref name="text"/> in document order, none overlapping another.</summary>
    public static List<MessageEntity> Detect(string text)
    {
        var found = new List<MessageEntity>();
        Add(found, "url", Url().Matches(text));
        Add(found, "email", Email().Matches(text));
        Add(found, "bot_command", BotCommand().Matches(text));
        Add(found, "mention", Mention().Matches(text));
        Add(found, "hashtag", Hashtag().Matches(text));
        found.Sort(EntityRules.Order);
        return found;
    }

    private static void Add(List<MessageEntity> found, string type, MatchCollection matches)
    {
        foreach (Match match in matches)
        {
            if (!found.Exists(other => match.Index < other.Offset + other.Length && other.Offset < match.Index + match.Length))
            {
                found.Add(new MessageEntity(type, match.Index, match.Length));
            }
        }
    }

    // /command and /command@bot, not inside a word or a path.
    [GeneratedRegex(@"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/<>])", RegexOptions.CultureInvariant)]
    private static partial Regex BotCommand();

    [GeneratedRegex(@"(?<![\w@/])@[A-Za-z][A-Za-z0-9_]{2,31}(?!\w)", RegexOptions.CultureInvariant)]
    private static partial Regex Mention();

    [GeneratedRegex(@"(?<![\w#])#(?=\w*\p{L})\w{1,256}", RegexOptions.CultureInvariant)]
    private static partial Regex Hashtag();

    [GeneratedRegex(@"(?<![\w.@])[A-Za-z0-9._%+\-]{1,64}@(?:[A-Za-z0-9\-]{1,63}\.){1,8}[A-Za-z]{2,24}(?!\w)", RegexOptions.CultureInvariant)]
    private static partial Regex Email();

    // With a scheme, or a bare host name under one of the domains that people write without a scheme.
    [GeneratedRegex(@"(?<![\w@.])(?:https?://[\p{L}\p{N}\-]+(?:\.[\p{L}\p{N}\-]+)+(?::\d{1,5})?|(?:[A-Za-z0-9\-]{1,63}\.)+(?:com|org|net|io|dev|app|me|ai|info|co|eu|de|uk|ru|dog))(?![\w@])(?:[/?#][^\s<>""]*[^\s<>"".,;:!?'()\[\]]|/)?", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Url();
}
