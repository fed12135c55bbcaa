using ChatOrchestrator.Infrastructure.Formatting;

namespace ChatOrchestrator.Tests.Formatting;

/// <summary>
/// Reads Slack's mrkdwn, written from https://docs.slack.dev/messaging/formatting-message-text and from what clients show: a
/// format lies within one line, opens at the edge of a word before something visible and closes after something visible
/// at the edge of a word; nothing is formatted in code or within the label of a link; <c>&amp; &lt; &gt;</c> stand for
/// themselves only when they are escaped.
/// </summary>
internal static class SlackMrkdwnParser
{
    private const char Invisible = '\u200B';

    public static StyledText Parse(string mrkdwn)
    {
        StyledText text = new();
        var at = 0;
        while (at < mrkdwn.Length)
        {
            if (mrkdwn.AsSpan(at).StartsWith("```"))
            {
                var end = mrkdwn.IndexOf("```", at + 3, StringComparison.Ordinal);
                if (end < 0)
                {
                    throw new FormatException("an unclosed block of code");
                }
                Literal(text, mrkdwn[(at + 3)..end], [(SpanKind.Pre, null)]);
                at = end + 3;
                continue;
            }
            var lineEnd = mrkdwn.IndexOf('\n', at);
            lineEnd = lineEnd < 0 ? mrkdwn.Length : lineEnd;
            var fence = mrkdwn.IndexOf("```", at, lineEnd - at, StringComparison.Ordinal);
            var stop = fence >= 0 ? fence : lineEnd;
            var isLineStart = at == 0 || mrkdwn[at - 1] == '\n';
            var line = mrkdwn[at..stop];
            List<(SpanKind, string?)> outer = [];
            if (isLineStart && (line.StartsWith('>') || line.StartsWith("&gt;", StringComparison.Ordinal)))
            {
                outer.Add((SpanKind.BlockQuote, null));
                line = line[(line[0] == '>' ? 1 : 4)..];
            }
            Line(text, line, outer);
            at = stop;
            if (at < mrkdwn.Length && mrkdwn[at] == '\n')
            {
                text.Append('\n', outer);
                at++;
            }
        }
        return text;
    }

    private static void Line(StyledText text, string line, List<(SpanKind Kind, string? Argument)> outer)
    {
        var at = 0;
        while (at < line.Length)
        {
            if (line[at] == '<')
            {
                at = Link(text, line, at, outer);
            }
            else if (Kind(line[at]) is { } kind && !outer.Exists(o => o.Kind == kind) && Opens(line, at) && Closing(line, at) is > 0 and var close)
            {
                List<(SpanKind, string?)> inner = [.. outer, (kind, null)];
                if (kind == SpanKind.Code)
                {
                    Literal(text, line[(at + 1)..close], inner);
                }
                else
                {
                    Line(text, line[(at + 1)..close], inner);
                }
                at = close + 1;
            }
            else
            {
                at += Character(text, line, at, outer);
            }
        }
    }

    private static int Link(StyledText text, string line, int at, List<(SpanKind, string?)> outer)
    {
        var end = line.IndexOf('>', at);
        var bar = line.IndexOf('|', at);
        if (end < 0 || bar < 0 || bar > end || line.IndexOf('<', at + 1) is var next && next >= 0 && next < end)
        {
            throw new FormatException($"a bracket that is no link at {at}: {line}");
        }
        StyledText address = new();
        Literal(address, line[(at + 1)..bar], []);
        Literal(text, line[(bar + 1)..end], [.. outer, (SpanKind.Link, address.Text)]);
        return end + 1;
    }

    private static void Literal(StyledText text, string raw, List<(SpanKind, string?)> formats)
    {
        for (var i = 0; i < raw.Length;)
        {
            i += Character(text, raw, i, formats);
        }
    }

    private static int Character(StyledText text, string line, int at, List<(SpanKind, string?)> formats)
    {
        if (line[at] is '<' or '>')
        {
            throw new FormatException($"unescaped {line[at]} at {at}: {line}");
        }
        foreach (var (name, value) in new[] { ("&lt;", '<'), ("&gt;", '>'), ("&amp;", '&') })
        {
            if (line.AsSpan(at).StartsWith(name))
            {
                text.Append(value, formats);
                return name.Length;
            }
        }
        if (line[at] == '&')
        {
            throw new FormatException($"unescaped & at {at}: {line}");
        }
        text.Append(line[at], formats);
        return 1;
    }

    private static SpanKind? Kind(char c) => c switch
    {
        '*' => SpanKind.Bold,
        '_' => SpanKind.Italic,
        '~' => SpanKind.Strikethrough,
        '`' => SpanKind.Code,
        _ => null,
    };

    private static bool Opens(string line, int at) => (at == 0 || IsEdge(line[at - 1])) && at + 1 < line.Length && !IsBlank(line[at + 1]);

    private static int Closing(string line, int at)
    {
        for (var i = at + 1; i < line.Length; i++)
        {
            if (line[i] == '<' && line[at] != '`')
            {
                // A link is read as a whole, its address and its label.
                i = line.IndexOf('>', i) is > 0 and var end ? end : line.Length;
                continue;
            }
            if (i < at + 2)
            {
                continue;
            }
            if (line[i] == line[at] && !IsBlank(line[i - 1]) && (i + 1 == line.Length || IsEdge(line[i + 1])))
            {
                return i;
            }
            if (line[at] == '`' && line[i] == '`')
            {
                return -1;
            }
        }
        return -1;
    }

    private static bool IsBlank(char c) => char.IsWhiteSpace(c) || c == Invisible;

    private static bool IsEdge(char c) => IsBlank(c) || ".,;:!?()\"'*_~`<>".Contains(c);
}
