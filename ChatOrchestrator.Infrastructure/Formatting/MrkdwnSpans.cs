namespace ChatOrchestrator.Infrastructure.Formatting;

/// <summary>
/// Formats as mrkdwn can carry them: within one line, never beginning or ending with a blank or a delimiter, and around
/// links, because nothing is formatted inside one. No character of the text is changed.
/// </summary>
internal static class MrkdwnSpans
{
    public static FormattedText Of(FormattedText part)
    {
        if (part.Spans.IsEmpty)
        {
            return part;
        }
        // Where a format begins or ends, every other one is cut too, so that they nest in any order.
        SortedSet<int> cuts = [];
        foreach (var span in part.Spans)
        {
            if (span.Kind is not (SpanKind.BlockQuote or SpanKind.Pre))
            {
                cuts.Add(span.Offset);
                cuts.Add(span.End);
            }
        }
        List<FormatSpan> spans = [];
        foreach (var span in part.Spans)
        {
            if (span.Kind == SpanKind.BlockQuote)
            {
                spans.Add(span);
            }
            else if (span.Kind == SpanKind.Pre)
            {
                spans.Add(span with { Argument = null });
            }
            else if (span.Kind != SpanKind.Link)
            {
                Cut(part.Text, span, cuts, spans);
            }
        }
        // Links last: a format that begins within one, behind a delimiter that it cannot begin with, cuts it as well.
        foreach (var span in spans)
        {
            cuts.Add(span.Offset);
            cuts.Add(span.End);
        }
        foreach (var span in part.Spans)
        {
            if (span.Kind == SpanKind.Link)
            {
                Cut(part.Text, span, cuts, spans);
            }
        }
        spans.Sort(Order);
        Join(spans, part.Text);
        return new FormattedText(part.Text, [.. spans]);
    }

    private static void Cut(string text, FormatSpan span, SortedSet<int> cuts, List<FormatSpan> spans)
    {
        // Within code nothing can be escaped, the backtick that ends it least of all.
        if (span.Kind == SpanKind.Code && text.AsSpan(span.Offset, span.Length).Contains('`'))
        {
            return;
        }
        var start = span.Offset;
        foreach (var cut in cuts.GetViewBetween(span.Offset + 1, span.End))
        {
            CutLines(text, span, start, cut, spans);
            start = cut;
        }
    }

    private static void CutLines(string text, FormatSpan span, int start, int end, List<FormatSpan> spans)
    {
        while (start < end)
        {
            var lineEnd = text.AsSpan(start, end - start).IndexOfAny('\n', '\r');
            var stop = lineEnd < 0 ? end : start + lineEnd;
            var (from, to) = (start, stop);
            while (from < to && (!IsVisible(text[from]) || (span.Kind != SpanKind.Link && SlackMrkdwn.IsDelimiter(text[from]))))
            {
                from++;
            }
            while (to > from && (!IsVisible(text[to - 1]) || (span.Kind != SpanKind.Link && SlackMrkdwn.IsDelimiter(text[to - 1]))))
            {
                to--;
            }
            if (to > from)
            {
                spans.Add(span with { Offset = from, Length = to - from });
            }
            start = stop + 1;
        }
    }

    /// <summary>Pieces of one format that touch are one again, as long as that keeps the formats nested.</summary>
    private static void Join(List<FormatSpan> spans, string text)
    {
        for (var i = 0; i < spans.Count; i++)
        {
            for (var j = i + 1; j < spans.Count; j++)
            {
                var (first, second) = (spans[i], spans[j]);
                if (second.Kind != first.Kind || second.Argument != first.Argument || first.Kind is SpanKind.BlockQuote or SpanKind.Pre)
                {
                    continue;
                }
                if (second.Offset < first.End || !IsBlank(text, first.End, second.Offset))
                {
                    break;
                }
                var joined = first with { Length = second.End - first.Offset };
                if (spans.Exists(other => Crosses(joined, other) || (joined.Kind == SpanKind.Link && other != first && other != second && Inside(joined, other))))
                {
                    break;
                }
                spans[i] = joined;
                spans.RemoveAt(j);
                j = i;
            }
        }
        spans.Sort(Order);
    }

    private static bool IsBlank(string text, int from, int to)
    {
        for (; from < to; from++)
        {
            if (text[from] is not ' ')
            {
                return false;
            }
        }
        return true;
    }

    private static bool Crosses(FormatSpan a, FormatSpan b) =>
        b.Kind is not (SpanKind.BlockQuote or SpanKind.Pre)
        && a.Offset < b.End && b.Offset < a.End
        && !(a.Offset <= b.Offset && b.End <= a.End) && !(b.Offset <= a.Offset && a.End <= b.End);

    private static bool Inside(FormatSpan outer, FormatSpan inner) =>
        inner.Kind is not (SpanKind.BlockQuote or SpanKind.Pre) && outer.Offset <= inner.Offset && inner.End <= outer.End;

    private static bool IsVisible(char c) => !char.IsWhiteSpace(c) && char.GetUnicodeCategory(c) is not (System.Globalization.UnicodeCategory.Control or System.Globalization.UnicodeCategory.Format);

    // A link is the innermost.
    private static int Order(FormatSpan a, FormatSpan b) =>
        a.Offset != b.Offset ? a.Offset.CompareTo(b.Offset)
        : a.Length != b.Length ? b.Length.CompareTo(a.Length)
        : Rank(a.Kind).CompareTo(Rank(b.Kind));

    private static int Rank(SpanKind kind) => kind == SpanKind.Link ? int.MaxValue : (int)kind;
}
