using System.Text;

namespace ChatOrchestrator.Infrastructure.Formatting;

/// <summary>
/// The text without any markup: for platforms that have none (Messenger), and for a part whose markup a platform refused.
/// A link shows its address: <c>label (https://…)</c>.
/// </summary>
public static class PlainText
{
    private const int Parentheses = 3;

    /// <summary>Renders a part. Allocates only when it has links.</summary>
    public static string Render(FormattedText part)
    {
        StringBuilder? plain = null;
        int position = 0;
        foreach (FormatSpan span in part.Spans)
        {
            if (ShowsAddress(part, span))
            {
                plain ??= new StringBuilder(part.Text.Length + span.Argument!.Length + Parentheses);
                _ = plain.Append(part.Text, position, span.End - position).Append(" (").Append(span.Argument).Append(')');
                position = span.End;
            }
        }

        return plain?.Append(part.Text, position, part.Text.Length - position).ToString() ?? part.Text;
    }

    /// <summary>The length of <see cref="Render"/> in UTF-16 units, without rendering.</summary>
    public static int Length(FormattedText part)
    {
        int length = part.Text.Length;
        foreach (FormatSpan span in part.Spans)
        {
            length += ShowsAddress(part, span) ? span.Argument!.Length + Parentheses : 0;
        }

        return length;
    }

    private static bool ShowsAddress(FormattedText part, FormatSpan span) =>
        span.Kind == SpanKind.Link && !part.Text.AsSpan(span.Offset, span.Length).SequenceEqual(span.Argument);
}
