using System.Collections.Frozen;
using System.Text;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Infrastructure.Platforms.Slack;

/// <summary>What somebody wrote, as a person reads it.</summary>
/// <param name="Text">Without the mention of the bot that it begins with.</param>
/// <param name="Mentions">Who is mentioned, the bot left out.</param>
internal readonly record struct ReadText(string Text, bool MentionsBot, IReadOnlyList<Mention> Mentions);

/// <summary>Reads the <see href="https://docs.slack.dev/messaging/formatting-message-text#retrieving-messages">text of messages</see>: references in angle brackets, three escapes.</summary>
internal static class SlackText
{
    private const int MaxMentions = 50;

    private static readonly FrozenSet<string> OwnCommands = FrozenSet.Create(StringComparer.OrdinalIgnoreCase, "start", "help", "reset", "stop");

    /// <summary>Whether a text is one of the bot's own commands. Any other that begins with a slash is a text.</summary>
    public static bool IsCommand(string text)
    {
        if (text is not ['/', ..])
        {
            return false;
        }
        var end = text.AsSpan().IndexOfAny(' ', '\n', '\t');
        return OwnCommands.Contains(end < 0 ? text[1..] : text[1..end]);
    }

    /// <param name="botUserId">The bot's user id; null: not known.</param>
    /// <param name="botName">What stands in place of a mention of the bot within the text.</param>
    public static ReadText Read(string text, string? botUserId, string botName)
    {
        var read = new StringBuilder(text.Length);
        List<Mention> mentions = [];
        var mentionsBot = false;
        var at = 0;
        while (at < text.Length)
        {
            var open = text.IndexOf('<', at);
            var close = open < 0 ? -1 : text.IndexOf('>', open);
            if (close < 0)
            {
                break;
            }
            Unescape(read, text.AsSpan(at, open - at));
            at = close + 1;
            var reference = text.AsSpan(open + 1, close - open - 1);
            if (reference is not ['@', ..])
            {
                Refer(read, reference);
                continue;
            }
            var (user, name) = Halves(reference[1..]);
            if (botUserId is not null && user.SequenceEqual(botUserId))
            {
                mentionsBot = true;
                if (IsBlank(read))
                {
                    // The call with which it begins, and the comma behind it.
                    read.Clear();
                    at += CallEnd(text.AsSpan(at));
                }
                else
                {
                    read.Append('@').Append(botName);
                }
                continue;
            }
            read.Append('@');
            Unescape(read, name.IsEmpty ? user : name);
            if (mentions.Count < MaxMentions && user.Length is > 0 and <= 30)
            {
                mentions.Add(new Mention(user.ToString(), name.IsEmpty ? null : name.ToString()));
            }
        }
        Unescape(read, text.AsSpan(at));
        var said = read.ToString().Trim();
        // Nothing but the name: a call, and the name is all there is to answer.
        return new ReadText(said.Length == 0 && mentionsBot ? $"@{botName}" : said, mentionsBot, mentions);
    }

    private static int CallEnd(ReadOnlySpan<char> rest)
    {
        var end = rest.Length - rest.TrimStart().Length;
        return end < rest.Length && rest[end] is ',' or ':' ? end + 1 : end;
    }

    /// <summary>A channel, a group, a special mention, a date or a link.</summary>
    private static void Refer(StringBuilder read, ReadOnlySpan<char> reference)
    {
        var (target, label) = Halves(reference);
        switch (reference)
        {
            case ['#', ..]:
                Unescape(read.Append('#'), label.IsEmpty ? target[1..] : label);
                break;
            case ['!', ..]:
                // <!here>, <!subteam^S1|@team>, <!date^1392734382^{date}|February 18th>
                if (label.IsEmpty)
                {
                    read.Append('@');
                    label = target[1..];
                }
                Unescape(read, label);
                break;
            default:
                if (target.StartsWith("mailto:", StringComparison.Ordinal) || target.StartsWith("tel:", StringComparison.Ordinal))
                {
                    target = target[(target.IndexOf(':') + 1)..];
                }
                if (label.IsEmpty || target.EndsWith(label, StringComparison.Ordinal) || target.TrimEnd('/').EndsWith(label, StringComparison.Ordinal))
                {
                    Unescape(read, target);
                    break;
                }
                Unescape(read, label);
                Unescape(read.Append(" ("), target);
                read.Append(')');
                break;
        }
    }

    private static Pair Halves(ReadOnlySpan<char> reference)
    {
        var bar = reference.IndexOf('|');
        return bar < 0 ? new(reference, []) : new(reference[..bar], reference[(bar + 1)..]);
    }

    private static bool IsBlank(StringBuilder text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsWhiteSpace(text[i]))
            {
                return false;
            }
        }
        return true;
    }

    private static void Unescape(StringBuilder read, ReadOnlySpan<char> text)
    {
        for (var amp = text.IndexOf('&'); amp >= 0; amp = text.IndexOf('&'))
        {
            read.Append(text[..amp]);
            text = text[amp..];
            var (c, length) = text.StartsWith("&amp;") ? ('&', 5) : text.StartsWith("&lt;") ? ('<', 4) : text.StartsWith("&gt;") ? ('>', 4) : ('&', 1);
            read.Append(c);
            text = text[length..];
        }
        read.Append(text);
    }

    private readonly ref struct Pair(ReadOnlySpan<char> target, ReadOnlySpan<char> label)
    {
        private readonly ReadOnlySpan<char> _target = target;
        private readonly ReadOnlySpan<char> _label = label;

        public void Deconstruct(out ReadOnlySpan<char> target, out ReadOnlySpan<char> label)
        {
            target = _target;
            label = _label;
        }
    }
}
