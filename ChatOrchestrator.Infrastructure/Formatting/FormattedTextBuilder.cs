using System.Text;

namespace ChatOrchestrator.Infrastructure.Formatting;

/// <summary>
/// Writes a <see cref="FormattedText"/> from front to back. Keeps the promises of its spans: one kind never overlaps itself,
/// code stands apart from other styles, quotations cover whole lines.
/// </summary>
internal sealed class FormattedTextBuilder
{
    private const int Kinds = (int)SpanKind.Code + 1;

    private readonly StringBuilder _text = new();
    private readonly List<FormatSpan> _spans = [];
    private readonly int[] _depth = new int[Kinds];
    private readonly int[] _start = new int[Kinds];
    private readonly int[] _lastOf = [-1, -1, -1, -1, -1, -1, -1];
    private string? _linkUrl;
    private int _pendingLines;

    // At the start of the text and right after a list marker: what follows goes on the same line.
    private bool _onMarker = true;

    public int Length => _text.Length;

    /// <summary>Spaces before each new line, so that the lines of a list item stand under its first.</summary>
    public int Indent { get; set; }

    public bool IsOpen(SpanKind kind) => _depth[(int)kind] > 0;

    /// <summary>Whether nothing visible was written since the text had this length.</summary>
    public bool IsBlankSince(int start) => VisibleText.IsBlank(_text.ToString(start, _text.Length - start));

    /// <summary>Whether just this was written since the text had this length, line starts aside.</summary>
    public bool IsSince(int start, string text) =>
        _text.Length - start >= text.Length && _text.ToString(start, _text.Length - start).AsSpan().Trim().SequenceEqual(text);

    /// <summary>Asks for a distance to the text before: 1 a new line, 2 a blank line.</summary>
    public void Separate(int lines)
    {
        if (!_onMarker)
        {
            _pendingLines = Math.Max(_pendingLines, lines);
        }
    }

    public void Append(ReadOnlySpan<char> text)
    {
        if (_onMarker)
        {
            text = text.TrimStart(' ');
        }

        if (!text.IsEmpty)
        {
            StartLine();
            _ = _text.Append(text);
            _onMarker = false;
        }
    }

    /// <summary>Appends the lines of a text, each at the current indent.</summary>
    public void AppendLines(ReadOnlySpan<char> text)
    {
        bool first = true;
        foreach (ReadOnlySpan<char> line in text.EnumerateLines())
        {
            if (!first)
            {
                BreakLine();
            }

            Append(line);
            first = false;
        }
    }

    public void BreakLine()
    {
        if (!_onMarker)
        {
            StartLine();
            _ = _text.Append('\n').Append(' ', Indent);
        }
    }

    /// <summary>Appends what stands before a list item, with the blank that ends it.</summary>
    public void AppendMarker(string marker)
    {
        StartLine();
        _ = _text.Append(marker);
        _onMarker = true;
    }

    /// <summary>An item without content leaves its marker alone on the line.</summary>
    public void EndItem()
    {
        if (_onMarker)
        {
            _text.Length--;
            _onMarker = false;
        }
    }

    public void Open(SpanKind kind, string? url = null)
    {
        if (_depth[(int)kind]++ == 0)
        {
            _start[(int)kind] = _text.Length;
            _linkUrl = kind == SpanKind.Link ? url : _linkUrl;
        }
    }

    public void Close(SpanKind kind)
    {
        if (--_depth[(int)kind] == 0)
        {
            Emit(kind);
        }
    }

    /// <summary>Inline code. Inside a link it is plain text: no platform has both, and the address must not be lost.</summary>
    public void AppendCode(ReadOnlySpan<char> code)
    {
        if (code.IsEmpty || IsOpen(SpanKind.Link))
        {
            Append(code);
            return;
        }

        StartLine();
        Suspend(SpanKind.Bold);
        int start = _text.Length;
        _ = _text.Append(code);
        _onMarker = false;
        Add(new FormatSpan(start, code.Length, SpanKind.Code));
        Resume(SpanKind.Bold);
    }

    /// <summary>A code block on lines of its own.</summary>
    public void AppendPre(ReadOnlySpan<char> code, string? language)
    {
        if (code.IsEmpty)
        {
            return;
        }

        Suspend(SpanKind.BlockQuote);
        if (_text.Length > 0)
        {
            _pendingLines = Math.Max(_pendingLines, 1);
        }

        _ = _text.Append('\n', _pendingLines);
        _pendingLines = 0;
        int start = _text.Length;
        _ = _text.Append(code);
        _onMarker = false;
        Add(new FormatSpan(start, code.Length, SpanKind.Pre, language));
        Resume(SpanKind.BlockQuote);
    }

    public FormattedText Build()
    {
        int keep = 0;
        foreach (FormatSpan span in _spans)
        {
            keep = Math.Max(keep, span.End);
        }

        int length = _text.Length;
        while (length > keep && char.IsWhiteSpace(_text[length - 1]))
        {
            length--;
        }

        string text = _text.ToString(0, length);
        if (VisibleText.IsBlank(text))
        {
            return FormattedText.Empty;
        }

        FormatSpan[] spans = [.. WholeLines(text)];
        Array.Sort(spans, (a, b) => a.Offset != b.Offset ? a.Offset.CompareTo(b.Offset)
            : a.Length != b.Length ? b.Length.CompareTo(a.Length)
            : a.Kind.CompareTo(b.Kind));
        return new FormattedText(text, spans);
    }

    private void StartLine()
    {
        if (_pendingLines > 0)
        {
            _ = _text.Append('\n', _pendingLines).Append(' ', Indent);
            _pendingLines = 0;
        }
    }

    private void Suspend(SpanKind outermost)
    {
        for (int kind = (int)outermost; kind < Kinds; kind++)
        {
            if (_depth[kind] > 0)
            {
                Emit((SpanKind)kind);
            }
        }
    }

    private void Resume(SpanKind outermost) =>
        Array.Fill(_start, _text.Length, (int)outermost, Kinds - (int)outermost);

    private void Emit(SpanKind kind)
    {
        int start = _start[(int)kind];
        int end = _text.Length;
        while (start < end && char.IsWhiteSpace(_text[end - 1]))
        {
            end--;
        }

        while (start < end && char.IsWhiteSpace(_text[start]))
        {
            start++;
        }

        if (start < end)
        {
            Add(new FormatSpan(start, end - start, kind, kind == SpanKind.Link ? _linkUrl : null));
        }
    }

    private void Add(FormatSpan span)
    {
        int last = _lastOf[(int)span.Kind];
        if (last >= 0 && span.Kind is not (SpanKind.Pre or SpanKind.Link) && _spans[last].End == span.Offset && _spans[last].Argument == span.Argument)
        {
            _spans[last] = _spans[last] with { Length = _spans[last].Length + span.Length };
            return;
        }

        _lastOf[(int)span.Kind] = _spans.Count;
        _spans.Add(span);
    }

    // Line-oriented markup ("> ") can quote whole lines only, and quotes on neighbouring lines are one quote there.
    private IEnumerable<FormatSpan> WholeLines(string text)
    {
        FormatSpan? open = null;
        foreach (FormatSpan span in _spans)
        {
            if (span.Kind != SpanKind.BlockQuote)
            {
                yield return span;
                continue;
            }

            int start = text.LastIndexOf('\n', span.Offset) + 1;
            int lineEnd = text.IndexOf('\n', span.End);
            int end = lineEnd < 0 ? text.Length : lineEnd;
            if (open is { } before && start <= before.End + 1)
            {
                start = before.Offset;
            }
            else if (open is not null)
            {
                yield return open.Value;
            }

            open = new FormatSpan(start, end - start, SpanKind.BlockQuote);
        }

        if (open is not null)
        {
            yield return open.Value;
        }
    }
}
