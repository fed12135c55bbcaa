using System.Buffers;
using System.Text;

namespace ChatOrchestrator.Infrastructure.Formatting;

/// <summary>Telegram's HTML parse mode (https://core.telegram.org/bots/api#html-style).</summary>
public sealed class TelegramHtml : MarkupRenderer
{
    private static readonly TelegramHtml Instance = new();
    private static readonly SearchValues<char> Escaped = SearchValues.Create("<>&\"");

    private TelegramHtml()
    {
    }

    /// <summary>Renders a part for <c>parse_mode=HTML</c>. Text without formats and special characters comes back as it is.</summary>
    public static string Render(FormattedText part) =>
        part.Spans.IsEmpty && !part.Text.AsSpan().ContainsAny(Escaped) ? part.Text : Instance.Write(part);

    protected override void Open(StringBuilder markup, FormatSpan span)
    {
        switch (span.Kind)
        {
            case SpanKind.Pre when span.Argument is not null:
                _ = markup.Append("<pre><code class=\"language-");
                Escape(markup, span.Argument, inCode: false);
                _ = markup.Append("\">");
                break;
            case SpanKind.Link:
                _ = markup.Append("<a href=\"");
                Escape(markup, span.Argument, inCode: false);
                _ = markup.Append("\">");
                break;
            default:
                _ = markup.Append('<').Append(Tag(span.Kind)).Append('>');
                break;
        }
    }

    protected override void Close(StringBuilder markup, FormatSpan span)
    {
        if (span is { Kind: SpanKind.Pre, Argument: not null })
        {
            _ = markup.Append("</code>");
        }

        _ = markup.Append("</").Append(Tag(span.Kind)).Append('>');
    }

    protected override void Escape(StringBuilder markup, ReadOnlySpan<char> text, bool inCode)
    {
        for (int i = text.IndexOfAny(Escaped); i >= 0; i = text.IndexOfAny(Escaped))
        {
            _ = markup.Append(text[..i]).Append(text[i] switch
            {
                '<' => "&lt;",
                '>' => "&gt;",
                '&' => "&amp;",
                _ => "&quot;",
            });
            text = text[(i + 1)..];
        }

        _ = markup.Append(text);
    }

    private static string Tag(SpanKind kind) => kind switch
    {
        SpanKind.BlockQuote => "blockquote",
        SpanKind.Pre => "pre",
        SpanKind.Link => "a",
        SpanKind.Bold => "b",
        SpanKind.Italic => "i",
        SpanKind.Strikethrough => "s",
        SpanKind.Code => "code",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, message: null),
    };
}
