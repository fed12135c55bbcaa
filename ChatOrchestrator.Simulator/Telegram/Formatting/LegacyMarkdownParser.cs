using System.Text;

namespace ChatOrchestrator.Simulator.Telegram.Formatting;

/// <summary>The legacy <c>Markdown</c> mode: no nesting, and only four characters can be escaped.</summary>
/// <remarks>https://core.telegram.org/bots/api#markdown-style</remarks>
internal static class LegacyMarkdownParser
{
    /// <exception cref="FormattingException">An entity has no end.</exception>
    public static FormattedText Parse(string source)
    {
        var text = new StringBuilder();
        var entities = new List<MessageEntity>();
        for (var at = 0; at < source.Length;)
        {
            var c = source[at];
            if (c == '\\' && at + 1 < source.Length && source[at + 1] is '_' or '*' or '`' or '[')
            {
                text.Append(source[at + 1]);
                at += 2;
            }
            else if (c is not ('_' or '*' or '`' or '['))
            {
                text.Append(c);
                at++;
            }
            else
            {
                at = ReadEntity(source, at, text, entities);
            }
        }

        return new FormattedText(text.ToString(), entities);
    }

    private static int ReadEntity(string source, int begin, StringBuilder text, List<MessageEntity> entities)
    {
        var c = source[begin];
        var isPre = string.CompareOrdinal(source, begin, "```", 0, 3) == 0;
        var mark = isPre ? "```" : c == '[' ? "]" : c.ToString();
        var start = begin + (isPre ? 3 : 1);
        var end = source.IndexOf(mark, start, StringComparison.Ordinal);
        if (end < 0)
        {
            throw new FormattingException($"can't parse entities: Can't find end of the entity starting at byte offset {MessageText.ByteOffset(source, begin)}");
        }

        var content = source[start..end];
        string? language = null;
        if (isPre)
        {
            var wordEnd = content.AsSpan().IndexOfAny(" \t\r\n");
            if (wordEnd > 0)
            {
                language = content[..wordEnd];
                content = content[wordEnd..];
            }

            content = content.StartsWith("\r\n", StringComparison.Ordinal) ? content[2..] : content is ['\n', ..] ? content[1..] : content;
        }

        var offset = text.Length;
        text.Append(content);
        var after = end + mark.Length;
        var url = content;
        if (c == '[' && after < source.Length && source[after] == '(')
        {
            var close = source.IndexOf(')', after);
            close = close < 0 ? source.Length : close;
            url = source[(after + 1)..close];
            after = Math.Min(close + 1, source.Length);
        }

        if (content.Length > 0)
        {
            var entity = c switch
            {
                '_' => new MessageEntity("italic", offset, content.Length),
                '*' => new MessageEntity("bold", offset, content.Length),
                '[' => CheckedLink.ToEntity(url, offset, content.Length),
                _ => new MessageEntity(isPre ? "pre" : "code", offset, content.Length) { Language = language },
            };
            if (entity is not null)
            {
                entities.Add(entity);
            }
        }

        return after;
    }
}
