using System.Globalization;
using System.Text;
using ChatOrchestrator.Infrastructure.Formatting;

namespace ChatOrchestrator.Tests.Formatting;

/// <summary>A text with the formats of each character: what two renderings of one text must agree on.</summary>
internal sealed class StyledText
{
    private readonly StringBuilder _text = new();
    private readonly List<string> _formats = [];

    public string Text => _text.ToString();

    public static StyledText Of(FormattedText text)
    {
        StyledText styled = new();
        for (int i = 0; i < text.Text.Length; i++)
        {
            List<(SpanKind, string?)> formats = [];
            foreach (FormatSpan span in text.Spans)
            {
                if (span.Offset <= i && i < span.End)
                {
                    formats.Add((span.Kind, span.Argument));
                }
            }

            styled.Append(text.Text[i], formats);
        }

        return styled;
    }

    public void Append(char c, IEnumerable<(SpanKind Kind, string? Argument)> formats)
    {
        _ = _text.Append(c);
        _formats.Add(string.Join(",", formats.OrderBy(format => format.Kind).Select(format => $"{format.Kind}({format.Argument})")));
    }

    /// <summary>The visible characters, one a line, each with its formats.</summary>
    public string Visible() => string.Join("\n", _formats.Select((format, i) => (Char: _text[i], format))
        .Where(item => !char.IsWhiteSpace(item.Char) && !IsInvisible(item.Char))
        .Select(item => $"{item.Char} {item.format}"));

    public static bool IsInvisible(char c) =>
        CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format;
}
