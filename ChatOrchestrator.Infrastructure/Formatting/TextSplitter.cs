namespace ChatOrchestrator.Infrastructure.Formatting;

/// <summary>Cuts a text that is too long into parts; see <see cref="FormattedText.Split"/>. Walks the text once.</summary>
internal sealed class TextSplitter(FormattedText source, int limit, Func<FormattedText, int>? measure)
{
    private readonly string _text = source.Text;
    private readonly TextBreaks _breaks = new(source);

    // The spans that reach over the start of the current part, and the first that begins in or after it.
    private readonly List<FormatSpan> _reaching = [];
    private int _nextSpan;

    public List<FormattedText> Split()
    {
        List<FormattedText> parts = [];
        int start = _breaks.SkipWhiteSpace(0);
        while (start < _text.Length)
        {
            StartPart(start);
            TextCut cut = FindCut(start);
            FormattedText part = Slice(start, _breaks.TrimEnd(start, cut.End));
            if (!VisibleText.IsBlank(part.Text))
            {
                // Only a single code point can still be too long here.
                parts.Add(part.Spans.IsEmpty || Fits(part) ? part : new FormattedText(part.Text, []));
            }

            start = _breaks.SkipWhiteSpace(cut.Next);
        }

        return parts;
    }

    private bool Fits(FormattedText part) => (measure?.Invoke(part) ?? part.Text.Length) <= limit;

    private bool Fits(int start, int end) => Fits(Slice(start, _breaks.TrimEnd(start, end)));

    private TextCut FindCut(int start)
    {
        int longest = measure is null ? CodePointStart(start, (int)Math.Min(_text.Length, (long)start + limit)) : LongestFit(start);
        if (longest == _text.Length)
        {
            return new TextCut(longest, longest);
        }

        int first = AfterFirstCodePoint(start);
        TextCut cut = _breaks.FindCut(start, Math.Max(longest, first));

        // A measure may not grow evenly: an earlier cut can turn out longer than a later one.
        while (measure is not null && cut.End > first && !Fits(start, cut.End))
        {
            cut = _breaks.FindCut(start, Math.Max(first, CodePointStart(start, start + ((cut.End - start) / 2))));
        }

        return cut;
    }

    /// <summary>The furthest end that fits, or the start if none does.</summary>
    private int LongestFit(int start)
    {
        int fitting = start;
        long step = limit;
        int tooLong = Math.Max(AfterFirstCodePoint(start), CodePointStart(start, (int)Math.Min(_text.Length, start + step)));
        while (Fits(start, tooLong))
        {
            fitting = tooLong;
            if (fitting == _text.Length)
            {
                return fitting;
            }

            step *= 2;
            tooLong = CodePointStart(start, (int)Math.Min(_text.Length, start + step));
        }

        while (tooLong - fitting > 1)
        {
            int middle = CodePointStart(start, fitting + ((tooLong - fitting) / 2));
            if (middle == fitting)
            {
                // Only the second half of a surrogate pair lies between.
                break;
            }

            if (Fits(start, middle))
            {
                fitting = middle;
            }
            else
            {
                tooLong = middle;
            }
        }

        return fitting;
    }

    private int CodePointStart(int start, int position) =>
        position > start && position < _text.Length && char.IsSurrogatePair(_text[position - 1], _text[position]) ? position - 1 : position;

    private int AfterFirstCodePoint(int start) =>
        start + 1 < _text.Length && char.IsSurrogatePair(_text[start], _text[start + 1]) ? start + 2 : start + 1;

    private void StartPart(int start)
    {
        _ = _reaching.RemoveAll(span => span.End <= start);
        for (; _nextSpan < source.Spans.Length && source.Spans[_nextSpan].Offset < start; _nextSpan++)
        {
            if (source.Spans[_nextSpan].End > start)
            {
                _reaching.Add(source.Spans[_nextSpan]);
            }
        }

        _reaching.Sort((a, b) => a.End != b.End ? b.End.CompareTo(a.End) : a.Kind.CompareTo(b.Kind));
    }

    private FormattedText Slice(int start, int end)
    {
        List<FormatSpan> spans = [];
        foreach (FormatSpan span in _reaching)
        {
            Clip(span);
        }

        for (int i = _nextSpan; i < source.Spans.Length && source.Spans[i].Offset < end; i++)
        {
            Clip(source.Spans[i]);
        }

        return new FormattedText(_text[start..end], [.. spans]);

        void Clip(FormatSpan span)
        {
            int from = Math.Max(span.Offset, start);
            int length = Math.Min(span.End, end) - from;
            if (length > 0)
            {
                spans.Add(span with { Offset = from - start, Length = length });
            }
        }
    }
}
