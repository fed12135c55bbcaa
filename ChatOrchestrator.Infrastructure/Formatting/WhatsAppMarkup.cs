using System.Buffers;
using System.Globalization;
using System.Text;

namespace ChatOrchestrator.Infrastructure.Formatting;

/// <summary>
/// <see href="https://faq.whatsapp.com/539178204879377">WhatsApp's formatting</see>: <c>*bold* _italic_ ~struck~ `code`</c>,
/// three backticks around a block, <c>&gt;</c> before quoted lines. A link shows its address. There is no escaping, and a mark
/// counts only at the edge of a word and within its line: so a format that begins or ends inside a word is left out, and a
/// character of the text that could be taken for a mark is kept from the edge by an invisible word joiner.
/// </summary>
public sealed class WhatsAppMarkup : MarkupRenderer
{
    /// <summary>Invisible, of no width, and neither a blank nor punctuation.</summary>
    public const char Joiner = '\u2060';

    private const string Fence = "```";

    private static readonly WhatsAppMarkup Instance = new();
    private static readonly SearchValues<char> Marks = SearchValues.Create("*_~`>");

    private WhatsAppMarkup()
    {
    }

    protected override string QuotePrefix => "> ";

    /// <summary>Renders a part. Text without formats and marks comes back as it is.</summary>
    public static string Render(FormattedText part) =>
        part.Spans.IsEmpty && !part.Text.AsSpan().ContainsAny(Marks) ? part.Text : Instance.Write(Expressible(WithAddresses(part)));

    /// <summary>The length of <see cref="Render"/> in UTF-16 units.</summary>
    public static int Length(FormattedText part) => Render(part).Length;

    protected override void Open(StringBuilder markup, FormatSpan span) => markup.Append(Mark(span));

    protected override void Close(StringBuilder markup, FormatSpan span) => markup.Append(Mark(span));

    protected override void Escape(StringBuilder markup, ReadOnlySpan<char> text, bool inCode)
    {
        if (inCode)
        {
            EscapeCode(markup, text);
            return;
        }

        for (int i = 0; i < text.Length; i++)
        {
            int address = AddressLength(text[i..]);
            if (address > 0)
            {
                _ = markup.Append(text.Slice(i, address));
                i += address - 1;
                continue;
            }

            char c = text[i];
            bool isMark = Marks.Contains(c);
            if (isMark && (c == '>' ? BeginsLine(markup) : i == 0 || MayBeEdge(text[i - 1])))
            {
                _ = markup.Append(Joiner);
            }

            _ = markup.Append(c);
            if (isMark && c != '>' && (i + 1 == text.Length || MayBeEdge(text[i + 1])))
            {
                _ = markup.Append(Joiner);
            }
        }
    }

    /// <summary>Code ends with the first backtick, a block with three: they are kept apart.</summary>
    private static void EscapeCode(StringBuilder markup, ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            _ = c == '`' && markup.Length > 0 && markup[^1] == '`' ? markup.Append(Joiner).Append(c) : markup.Append(c);
        }

        if (text.EndsWith("`"))
        {
            _ = markup.Append(Joiner);
        }
    }

    private static bool BeginsLine(StringBuilder markup) =>
        markup.Length == 0 || markup[^1] == '\n' || (markup.Length >= 2 && markup[^1] == ' ' && markup[^2] == '>');

    /// <summary>Whether a mark beside the character counts, whatever the client.</summary>
    private static bool IsEdge(char c) => (char.IsWhiteSpace(c) || char.IsPunctuation(c)) && !Marks.Contains(c);

    /// <summary>Whether some client may let a mark beside the character count.</summary>
    private static bool MayBeEdge(char c) => c != Joiner && !char.IsLetterOrDigit(c) && CharUnicodeInfo.GetUnicodeCategory(c) is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark);

    /// <summary>The length of the web address that the text begins with; no character of it may be set apart.</summary>
    private static int AddressLength(ReadOnlySpan<char> text)
    {
        if (!text.StartsWith("https://") && !text.StartsWith("http://"))
        {
            return 0;
        }

        int end = 0;
        while (end < text.Length && !char.IsWhiteSpace(text[end]) && text[end] != '`')
        {
            end++;
        }

        return end;
    }

    /// <summary>The text with the addresses of its links beside their labels.</summary>
    private static FormattedText WithAddresses(FormattedText part)
    {
        StringBuilder text = new(part.Text);
        List<FormatSpan> spans = [.. part.Spans];
        for (int i = 0; i < spans.Count; i++)
        {
            FormatSpan link = spans[i];
            if (link.Kind != SpanKind.Link || text.ToString(link.Offset, link.Length) == link.Argument)
            {
                continue;
            }

            string address = $" ({link.Argument})";
            _ = text.Insert(link.End, address);
            for (int j = 0; j < spans.Count; j++)
            {
                FormatSpan other = spans[j];
                spans[j] = other.Offset >= link.End ? other with { Offset = other.Offset + address.Length }
                    : other.End > link.End || (other.End == link.End && other.Kind == SpanKind.BlockQuote) ? other with { Length = other.Length + address.Length }
                    : other;
            }
        }

        _ = spans.RemoveAll(span => span.Kind == SpanKind.Link);
        return new FormattedText(text.ToString(), [.. spans]);
    }

    /// <summary>The spans that WhatsApp can show, each on one line.</summary>
    private static FormattedText Expressible(FormattedText part)
    {
        List<FormatSpan> spans = [];
        foreach (FormatSpan span in part.Spans)
        {
            if (span.Kind is SpanKind.BlockQuote or SpanKind.Pre)
            {
                spans.Add(span);
            }
            else
            {
                AddLines(part.Text, span, spans);
            }
        }

        spans.Sort((a, b) => a.Offset != b.Offset ? a.Offset.CompareTo(b.Offset)
            : a.Length != b.Length ? b.Length.CompareTo(a.Length)
            : a.Kind.CompareTo(b.Kind));
        return new FormattedText(part.Text, [.. spans]);
    }

    private static void AddLines(string text, FormatSpan span, List<FormatSpan> spans)
    {
        for (int start = span.Offset; start < span.End;)
        {
            int line = text.IndexOf('\n', start, span.End - start);
            int end = line < 0 ? span.End : line;
            int first = start;
            int last = end;
            while (first < last && char.IsWhiteSpace(text[first]))
            {
                first++;
            }

            while (last > first && char.IsWhiteSpace(text[last - 1]))
            {
                last--;
            }

            FormatSpan piece = span with { Offset = first, Length = last - first };
            if (first < last && CanStand(text, piece) && !spans.Exists(other => Crosses(other, piece)))
            {
                spans.Add(piece.Kind == SpanKind.Code && text.AsSpan(first, last - first).Contains('`') ? piece with { Argument = Fence } : piece);
            }

            start = end + 1;
        }
    }

    /// <summary>Its marks stand at edges, and neither is taken for a part of an address.</summary>
    private static bool CanStand(string text, FormatSpan piece) =>
        (piece.Offset == 0 || IsEdge(text[piece.Offset - 1]))
        && (piece.End == text.Length || IsEdge(text[piece.End]))
        && !EndsInAddress(text.AsSpan(0, piece.Offset))
        && !EndsInAddress(text.AsSpan(0, piece.End));

    private static bool EndsInAddress(ReadOnlySpan<char> text)
    {
        int start = text.Length;
        while (start > 0 && !char.IsWhiteSpace(text[start - 1]))
        {
            start--;
        }

        return text[start..].Contains("://", StringComparison.Ordinal);
    }

    /// <summary>One begins or ends inside the other.</summary>
    private static bool Crosses(FormatSpan one, FormatSpan other) =>
        one.Kind is not (SpanKind.BlockQuote or SpanKind.Pre)
        && ((one.Offset < other.Offset && other.Offset < one.End && one.End < other.End)
            || (other.Offset < one.Offset && one.Offset < other.End && other.End < one.End));

    private static string Mark(FormatSpan span) => span.Kind switch
    {
        SpanKind.Pre => Fence,
        SpanKind.Bold => "*",
        SpanKind.Italic => "_",
        SpanKind.Strikethrough => "~",
        SpanKind.Code => span.Argument ?? "`",
        _ => throw new ArgumentOutOfRangeException(nameof(span), span.Kind, message: null),
    };
}
