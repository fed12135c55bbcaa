using System.Text;

namespace ChatOrchestrator.Infrastructure.Formatting;

/// <summary>
/// Writes a <see cref="FormattedText"/> in one platform's markup. A platform says how a span opens and closes and how text
/// is escaped; this class nests the spans properly, and closes and opens again those that cross another's end.
/// </summary>
public abstract class MarkupRenderer
{
    /// <summary>
    /// What stands before each line of a quotation, as <c>&gt;</c> does in Markdown: no other span then crosses a line's end.
    /// Null where a quotation opens and closes like any other span.
    /// </summary>
    protected virtual string? QuotePrefix => null;

    protected abstract void Open(StringBuilder markup, FormatSpan span);

    protected abstract void Close(StringBuilder markup, FormatSpan span);

    /// <summary>Appends text so that no character of it is taken for markup.</summary>
    /// <param name="markup">What is written so far.</param>
    /// <param name="text">Never empty.</param>
    /// <param name="inCode">Whether it stands in inline code or a code block.</param>
    protected abstract void Escape(StringBuilder markup, ReadOnlySpan<char> text, bool inCode);

    /// <summary>Renders a whole text or one part of it.</summary>
    protected string Write(FormattedText text)
    {
        Nesting nesting = new(this, text.Text.Length + (text.Spans.Length * 8) + 16);
        ReadOnlySpan<FormatSpan> spans = text.Spans;
        int position = 0;
        int next = 0;
        while (position < text.Text.Length)
        {
            nesting.CloseAt(position);
            for (; next < spans.Length && spans[next].Offset <= position; next++)
            {
                nesting.Enter(spans[next]);
            }

            int end = Math.Min(nesting.NextEnd, next < spans.Length ? spans[next].Offset : text.Text.Length);
            end = Math.Min(end, text.Text.Length);
            nesting.Append(text.Text.AsSpan(position, end - position));
            position = end;
        }

        nesting.CloseAt(int.MaxValue);
        return nesting.ToString();
    }

    /// <summary>The spans around the current position: the first <c>_opened</c> are written, the rest wait for text.</summary>
    private sealed class Nesting(MarkupRenderer renderer, int capacity)
    {
        private readonly StringBuilder _markup = new(capacity);
        private readonly List<FormatSpan> _active = [];
        private int _opened;

        public int NextEnd
        {
            get
            {
                int end = int.MaxValue;
                foreach (FormatSpan span in _active)
                {
                    end = Math.Min(end, span.End);
                }

                return end;
            }
        }

        private bool QuotesLines => renderer.QuotePrefix is not null && _active.Count > 0 && _active[0].Kind == SpanKind.BlockQuote;

        public void Enter(FormatSpan span)
        {
            if (span.Kind == SpanKind.BlockQuote && renderer.QuotePrefix is { } prefix)
            {
                CloseDownTo(0);
                _ = _markup.Append(prefix);
                _active.Insert(0, span);
                _opened = 1;
                return;
            }

            _active.Add(span);
        }

        public void CloseAt(int position)
        {
            int first = _active.FindIndex(span => span.End <= position);
            if (first >= 0)
            {
                CloseDownTo(first);
                _ = _active.RemoveAll(span => span.End <= position);
            }
        }

        public void Append(ReadOnlySpan<char> text)
        {
            while (QuotesLines && text.IndexOf('\n') is >= 0 and int lineEnd)
            {
                AppendLine(text[..lineEnd]);
                CloseDownTo(1);
                _ = _markup.Append('\n').Append(renderer.QuotePrefix);
                text = text[(lineEnd + 1)..];
            }

            AppendLine(text);
        }

        public override string ToString() => _markup.ToString();

        private void AppendLine(ReadOnlySpan<char> text)
        {
            if (text.IsEmpty)
            {
                return;
            }

            for (; _opened < _active.Count; _opened++)
            {
                renderer.Open(_markup, _active[_opened]);
            }

            renderer.Escape(_markup, text, _active.Count > 0 && _active[^1].Kind is SpanKind.Code or SpanKind.Pre);
        }

        private void CloseDownTo(int count)
        {
            for (; _opened > count; _opened--)
            {
                FormatSpan span = _active[_opened - 1];
                if (span.Kind != SpanKind.BlockQuote || renderer.QuotePrefix is null)
                {
                    renderer.Close(_markup, span);
                }
            }
        }
    }
}
