using System.Buffers;
using System.Text;

namespace ChatOrchestrator.Infrastructure.Formatting;

/// <summary>Telegram's MarkdownV2 parse mode (https://core.telegram.org/bots/api#markdownv2-style).</summary>
public sealed class TelegramMarkdownV2 : MarkupRenderer
{
    private static readonly TelegramMarkdownV2 Instance = new();
    private static readonly SearchValues<char> Reserved = SearchValues.Create("_*[]()~`>#+-=|{}.!\\");
    private static readonly SearchValues<char> ReservedInCode = SearchValues.Create("`\\");
    private static readonly SearchValues<char> ReservedInUrl = SearchValues.Create(")\\");

    private TelegramMarkdownV2()
    {
    }

    protected override string QuotePrefix => ">";

    /// <summary>Renders a part for <c>parse_mode=MarkdownV2</c>. Text without formats and special characters comes back as it is.</summary>
    public static string Render(FormattedText part) =>
        part.Spans.IsEmpty && !part.Text.AsSpan().ContainsAny(Reserved) ? part.Text : Instance.Write(part);

    protected override void Open(StringBuilder markup, FormatSpan span)
    {
        // The line end after ``` belongs to the markup; a language may not stand without it.
        _ = span.Kind == SpanKind.Pre
            ? markup.Append("```").Append(span.Argument).Append('\n')
            : markup.Append(span.Kind == SpanKind.Link ? '[' : Delimiter(span.Kind));
    }

    protected override void Close(StringBuilder markup, FormatSpan span)
    {
        switch (span.Kind)
        {
            case SpanKind.Pre:
                _ = markup.Append("```");
                break;
            case SpanKind.Link:
                _ = markup.Append("](");
                Escape(markup, span.Argument, ReservedInUrl);
                _ = markup.Append(')');
                break;
            default:
                _ = markup.Append(Delimiter(span.Kind));
                break;
        }
    }

    protected override void Escape(StringBuilder markup, ReadOnlySpan<char> text, bool inCode) =>
        Escape(markup, text, inCode ? ReservedInCode : Reserved);

    private static void Escape(StringBuilder markup, ReadOnlySpan<char> text, SearchValues<char> reserved)
    {
        for (int i = text.IndexOfAny(reserved); i >= 0; i = text.IndexOfAny(reserved))
        {
            _ = markup.Append(text[..i]).Append('\\').Append(text[i]);
            text = text[(i + 1)..];
        }

        _ = markup.Append(text);
    }

    private static char Delimiter(SpanKind kind) => kind switch
    {
        SpanKind.Bold => '*',
        SpanKind.Italic => '_',
        SpanKind.Strikethrough => '~',
        SpanKind.Code => '`',
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, message: null),
    };
}
