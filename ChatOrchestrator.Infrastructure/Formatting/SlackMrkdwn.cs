using System.Buffers;
using System.Text;

namespace ChatOrchestrator.Infrastructure.Formatting;

/// <summary>
/// Slack's mrkdwn (https://docs.slack.dev/messaging/formatting-message-text). It has no escape but for <c>&amp; &lt; &gt;</c>, and
/// a delimiter counts only at the edge of a word: an invisible U+200B makes an edge where a format needs one, and keeps
/// characters of the text from being taken for delimiters. <see cref="MrkdwnSpans"/> prepares the formats.
/// </summary>
public sealed class SlackMrkdwn : MarkupRenderer
{
    private const char Edge = '\u200B';
    private const string Fence = "```";

    private static readonly SearchValues<char> Delimiters = SearchValues.Create("*_~`");
    private static readonly SearchValues<char> Special = SearchValues.Create("*_~`&<>");

    private Last _last = Last.Text;
    private int _written;

    private SlackMrkdwn()
    {
    }

    private enum Last
    {
        Text,
        Opened,
        Closed,
    }

    protected override string QuotePrefix => ">";

    /// <summary>Renders a part. Text without formats and special characters comes back as it is.</summary>
    public static string Render(FormattedText part) =>
        part.Spans.IsEmpty && !part.Text.AsSpan().ContainsAny(Special) ? part.Text : new SlackMrkdwn().Write(MrkdwnSpans.Of(part));

    /// <summary>Text that is shown as it is where mrkdwn is switched off: the three characters are escaped there too.</summary>
    public static string Escape(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);

    /// <summary>The address as it stands in <c>&lt;address|label&gt;</c>.</summary>
    internal static string Address(string url) =>
        Escape(url.Replace("<", "%3C", StringComparison.Ordinal).Replace(">", "%3E", StringComparison.Ordinal).Replace("|", "%7C", StringComparison.Ordinal));

    protected override void Open(StringBuilder markup, FormatSpan span)
    {
        if (span.Kind == SpanKind.Pre)
        {
            if (markup.Length > 0 && markup[^1] != '\n')
            {
                _ = markup.Append('\n');
            }
            _ = markup.Append(Fence).Append('\n');
        }
        else if (span.Kind == SpanKind.Link)
        {
            MakeEdge(markup);
            _ = markup.Append('<').Append(Address(span.Argument!)).Append('|');
        }
        else
        {
            MakeEdge(markup);
            _ = markup.Append(Delimiter(span.Kind));
        }
        Wrote(markup, Last.Opened);
    }

    protected override void Close(StringBuilder markup, FormatSpan span)
    {
        _ = span.Kind switch
        {
            SpanKind.Pre => markup[^1] == '\n' ? markup.Append(Fence) : markup.Append('\n').Append(Fence),
            SpanKind.Link => markup.Append('>'),
            _ => markup.Append(Delimiter(span.Kind)),
        };
        Wrote(markup, Last.Closed);
    }

    protected override void Escape(StringBuilder markup, ReadOnlySpan<char> text, bool inCode)
    {
        if (_last == Last.Closed && markup.Length == _written && !IsEdge(text[0]))
        {
            _ = markup.Append(Edge);
        }
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            switch (c)
            {
                case '&':
                    _ = markup.Append("&amp;");
                    break;
                case '<':
                    _ = markup.Append("&lt;");
                    break;
                case '>':
                    // At the start of a line an escaped one makes a quotation too.
                    _ = (IsLineStart(markup) && !inCode ? markup.Append(Edge) : markup).Append("&gt;");
                    break;
                case '`' when inCode:
                    // Three in a row would end the block.
                    _ = (markup.Length > 0 && markup[^1] == '`' ? markup.Append(Edge) : markup).Append(c);
                    break;
                case '*' or '_' or '~' or '`' when !inCode && MayDelimit(markup, text, i):
                    _ = markup.Length > 0 && markup[^1] == Edge ? markup.Append(c).Append(Edge) : markup.Append(Edge).Append(c).Append(Edge);
                    break;
                default:
                    _ = markup.Append(c);
                    break;
            }
        }
        Wrote(markup, Last.Text);
    }

    /// <summary>Whether Slack treats a delimiter beside the character as one at the edge of a word.</summary>
    internal static bool IsEdge(char c) => char.IsWhiteSpace(c) || c is Edge or '.' or ',' or ';' or ':' or '!' or '?' or '(' or ')' or '"' or '\'';

    internal static bool IsDelimiter(char c) => Delimiters.Contains(c);

    private static bool IsLineStart(StringBuilder markup) => markup.Length == 0 || markup[^1] is '\n' or '>' or Edge;

    /// <summary>Between two letters, and with a blank on both sides, a delimiter is a character like any other.</summary>
    private static bool MayDelimit(StringBuilder markup, ReadOnlySpan<char> text, int at)
    {
        var before = markup.Length == 0 ? ' ' : markup[^1];
        var after = at + 1 < text.Length ? text[at + 1] : '.';
        return !(char.IsAsciiLetterOrDigit(before) && char.IsAsciiLetterOrDigit(after) && text[at] != '`')
            && !(before is ' ' && after is ' ');
    }

    private void MakeEdge(StringBuilder markup)
    {
        var follows = markup.Length == _written && _last == Last.Opened;
        if (markup.Length > 0 && !follows && !IsEdge(markup[^1]) && !IsPrefix(markup))
        {
            _ = markup.Append(Edge);
        }
    }

    /// <summary>The quotation's prefix that the base class has just written.</summary>
    private bool IsPrefix(StringBuilder markup) =>
        markup[^1] == '>' && markup.Length > _written && (markup.Length == 1 || markup[^2] == '\n');

    private void Wrote(StringBuilder markup, Last last) => (_last, _written) = (last, markup.Length);

    private static char Delimiter(SpanKind kind) => kind switch
    {
        SpanKind.Bold => '*',
        SpanKind.Italic => '_',
        SpanKind.Strikethrough => '~',
        SpanKind.Code => '`',
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, message: null),
    };
}
