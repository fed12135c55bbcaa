namespace ChatOrchestrator.Infrastructure.Formatting;

/// <summary>What a <see cref="FormatSpan"/> makes of its characters. The order is the nesting order: outermost first.</summary>
public enum SpanKind
{
    /// <summary>Quotation; covers whole lines.</summary>
    BlockQuote,

    /// <summary>Code block; <see cref="FormatSpan.Argument"/> is its language, or null. No other span overlaps it.</summary>
    Pre,

    /// <summary>Link; <see cref="FormatSpan.Argument"/> is its address (see <see cref="LinkTarget"/>).</summary>
    Link,

    Bold,

    Italic,

    Strikethrough,

    /// <summary>Inline code. Only a <see cref="BlockQuote"/> overlaps it.</summary>
    Code,
}

/// <summary>One stretch of <see cref="FormattedText.Text"/> with one format, like a Telegram message entity.</summary>
/// <param name="Offset">First character, in UTF-16 units.</param>
/// <param name="Length">At least 1, in UTF-16 units.</param>
/// <param name="Kind">The format.</param>
/// <param name="Argument">Address of a link, language of a code block; otherwise null.</param>
public readonly record struct FormatSpan(int Offset, int Length, SpanKind Kind, string? Argument = null)
{
    /// <summary>The character after the last one, in UTF-16 units.</summary>
    public int End => Offset + Length;
}
