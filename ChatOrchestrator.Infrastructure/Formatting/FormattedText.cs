namespace ChatOrchestrator.Infrastructure.Formatting;

/// <summary>
/// A text as the reader sees it, with its formats beside it: what every platform's markup is rendered from and what is
/// split into parts. Made by <see cref="MarkdownText.Parse"/>.
/// </summary>
/// <remarks>
/// Spans are sorted by offset, the longer first. Spans of one kind never overlap; spans of two kinds may nest or cross.
/// </remarks>
public sealed class FormattedText
{
    /// <summary>The text of an empty or invisible answer: it has no parts.</summary>
    public static readonly FormattedText Empty = new("", []);

    private readonly FormatSpan[] _spans;

    internal FormattedText(string text, FormatSpan[] spans)
    {
        Text = text;
        _spans = spans;
    }

    /// <summary>The visible characters, without any markup.</summary>
    public string Text { get; }

    /// <summary>The formats of <see cref="Text"/>.</summary>
    public ReadOnlySpan<FormatSpan> Spans => _spans;

    /// <summary>Whether there is nothing to see and so nothing to send.</summary>
    public bool IsEmpty => Text.Length == 0;

    /// <summary>Wraps a text that has no formats, character by character as it is.</summary>
    public static FormattedText Plain(string text) => VisibleText.IsBlank(text) ? Empty : new FormattedText(text, []);

    /// <summary>
    /// Cuts the text into parts of at most <paramref name="limit"/> units, each as near to the limit as a good cut
    /// allows: between paragraphs, else lines, else sentences, else words, else grapheme clusters.
    /// </summary>
    /// <param name="limit">The longest part that the platform accepts, in the unit of <paramref name="measure"/>.</param>
    /// <param name="measure">
    /// The length of a candidate part; null counts UTF-16 units of its <see cref="Text"/>. A platform whose limit includes
    /// the markup measures what it renders: <c>part => TextLength.Utf8Bytes(Render(part))</c>. It should not shrink when
    /// the part grows.
    /// </param>
    /// <returns>
    /// The parts in order; none when the text is empty. A span that a cut divides goes on in the next part, so a code
    /// block is closed and opened again with its language. The parts together hold every character of the text but for the
    /// white space at the cuts.
    /// </returns>
    /// <remarks>
    /// A grapheme cluster longer than the limit is cut between code points. A single code point is never withheld: where
    /// even that exceeds the limit it goes without its formats.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="limit"/> is below 1.</exception>
    public IReadOnlyList<FormattedText> Split(int limit, Func<FormattedText, int>? measure = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        if (IsEmpty)
        {
            return [];
        }

        return (measure?.Invoke(this) ?? Text.Length) <= limit ? [this] : new TextSplitter(this, limit, measure).Split();
    }

    /// <inheritdoc/>
    public override string ToString() => Text;
}
