namespace ChatOrchestrator.Infrastructure.Formatting;

/// <summary>Where a part ends and where the next one starts; the white space between is dropped.</summary>
internal readonly record struct TextCut(int End, int Next);

/// <summary>Finds where a text may be cut: never within a grapheme cluster, and code keeps its white space.</summary>
internal sealed class TextBreaks
{
    private enum Level
    {
        Word,
        Sentence,
        CodeLine,
        CodeParagraph,
        Line,
        Paragraph,
        Count,
    }

    private readonly string _text;
    private readonly List<FormatSpan> _code = [];

    // The first code block that ends after the start of the current part: parts only move forward.
    private int _firstCode;

    public TextBreaks(FormattedText source)
    {
        _text = source.Text;
        foreach (FormatSpan span in source.Spans)
        {
            if (span.Kind == SpanKind.Pre)
            {
                _code.Add(span);
            }
        }
    }

    /// <summary>The first position from here on that is not white space outside code.</summary>
    public int SkipWhiteSpace(int position)
    {
        while (_firstCode < _code.Count && _code[_firstCode].End <= position)
        {
            _firstCode++;
        }

        return WhiteSpaceEnd(position, _firstCode);
    }

    /// <summary>The end of the part without white space outside code.</summary>
    public int TrimEnd(int start, int end)
    {
        int code = _firstCode;
        while (code < _code.Count && _code[code].End < end)
        {
            code++;
        }

        int floor = start;
        if (code > 0)
        {
            floor = Math.Max(floor, _code[code - 1].End);
        }

        if (code < _code.Count && _code[code].Offset < end)
        {
            return end;
        }

        while (end > floor && IsBreakingSpace(_text[end - 1]))
        {
            end--;
        }

        return end;
    }

    /// <summary>
    /// The best cut of the part that starts here. A part is filled to a quarter at least rather than ended at a better place
    /// before that: each part is a message that the platform's rate limit delays.
    /// </summary>
    /// <param name="start">Start of the part.</param>
    /// <param name="limit">The furthest end; at least one code point after the start and less than the text's length.</param>
    public TextCut FindCut(int start, int limit)
    {
        Span<TextCut> best = stackalloc TextCut[(int)Level.Count];
        best.Clear();
        TextCut last = default;
        int cluster = 0;
        int code = _firstCode;
        int position = start;
        while (position <= limit)
        {
            while (code < _code.Count && _code[code].End <= position)
            {
                code++;
            }

            if (position > start)
            {
                cluster = position;
                if (BreakAt(start, position, code) is var (level, cut))
                {
                    last = cut;
                    best[(int)level] = cut;
                    if (cut.Next > position)
                    {
                        position = cut.Next;
                        continue;
                    }
                }
            }

            // One character more than the limit shows whether a cluster ends there.
            int window = Math.Min(_text.Length - position, limit - position + 2);
            position += Math.Max(1, Graphemes.NextLength(_text.AsSpan(position, window)));
        }

        int enough = start + ((limit - start) / 4);
        for (int level = (int)Level.Count - 1; level >= 0; level--)
        {
            if (best[level].End >= enough && best[level].End > start)
            {
                return best[level];
            }
        }

        return last.End > start ? last : cluster > start ? new TextCut(cluster, cluster) : new TextCut(limit, limit);
    }

    private (Level Level, TextCut Cut)? BreakAt(int start, int position, int code)
    {
        if (code < _code.Count && position > _code[code].Offset)
        {
            int lines = _text.AsSpan(position, _code[code].End - position).IndexOfAnyExcept('\n');
            lines = lines < 0 ? _code[code].End - position : lines;
            return lines > 0 ? (lines > 1 ? Level.CodeParagraph : Level.CodeLine, new TextCut(position, position + lines))
                : _text[position - 1] is ' ' or '\t' && _text[position] is not ' ' and not '\t' ? (Level.Word, new TextCut(position, position))
                : null;
        }

        int next = WhiteSpaceEnd(position, code);
        if (next == position)
        {
            return IsFullWidthStop(_text[position - 1]) && !IsClosing(_text[position]) ? (Level.Sentence, new TextCut(position, position)) : null;
        }

        Level level = _text.AsSpan(position, next - position).Count('\n') switch
        {
            0 => EndsSentence(start, position) ? Level.Sentence : Level.Word,
            1 => Level.Line,
            _ => Level.Paragraph,
        };
        return (level, new TextCut(position, next));
    }

    private int WhiteSpaceEnd(int position, int code)
    {
        while (code < _code.Count && _code[code].End <= position)
        {
            code++;
        }

        int start = position;
        int end = code < _code.Count ? _code[code].Offset : _text.Length;
        while (position < end && IsBreakingSpace(_text[position]))
        {
            position++;
        }

        // A combining mark sits on the last space and needs it.
        return position > start && position < end && Graphemes.NextLength(_text.AsSpan(position - 1, Math.Min(3, end - position + 1))) > 1
            ? position - 1
            : position;
    }

    private bool EndsSentence(int start, int position)
    {
        while (position > start && IsClosing(_text[position - 1]))
        {
            position--;
        }

        return position > start && (_text[position - 1] is '.' or '!' or '?' or '…' or '؟' or '۔' or '।' || IsFullWidthStop(_text[position - 1]));
    }

    private static bool IsFullWidthStop(char c) => c is '。' or '！' or '？' or '｡';

    private static bool IsClosing(char c) => c is '"' or '\'' or ')' or ']' or '”' or '’' or '»' or '」' or '』' or '）';

    private static bool IsBreakingSpace(char c) => char.IsWhiteSpace(c) && c is not '\u00A0' and not '\u2007' and not '\u202F';
}
