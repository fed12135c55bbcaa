using System.Runtime.CompilerServices;
using Markdig.Extensions.TaskLists;
using Markdig.Syntax.Inlines;

namespace ChatOrchestrator.Infrastructure.Formatting;

internal sealed partial class MarkdownWalker
{
    private void WriteInlines(ContainerInline? container)
    {
        for (Inline? inline = container?.FirstChild; inline is not null; inline = inline.NextSibling)
        {
            WriteInline(inline);
        }
    }

    private void WriteInline(Inline inline)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        switch (inline)
        {
            case LiteralInline literal:
                _out.Append(literal.Content.AsSpan());
                break;
            case CodeInline code:
                _out.AppendCode(code.Content);
                break;
            case LineBreakInline:
                _out.BreakLine();
                break;
            case EmphasisInline emphasis:
                SpanKind kind = emphasis.DelimiterChar == '~' ? SpanKind.Strikethrough
                    : emphasis.DelimiterCount >= 2 ? SpanKind.Bold : SpanKind.Italic;
                _out.Open(kind);
                WriteInlines(emphasis);
                _out.Close(kind);
                break;
            case LinkInline link:
                WriteLink(link);
                break;
            case AutolinkInline autolink:
                _out.Append(autolink.Url);
                break;
            case HtmlEntityInline entity:
                _out.AppendLines(entity.Transcoded.AsSpan());
                break;
            case HtmlInline html:
                WriteHtml(html.Tag);
                break;
            case TaskList:
                // Its list item's marker shows it.
                break;
            case DelimiterInline delimiter:
                _out.Append(delimiter.ToLiteral());
                WriteInlines(delimiter);
                break;
            case ContainerInline container:
                WriteInlines(container);
                break;
            default:
                break;
        }
    }

    // Models write <br> where Markdown has no line break, as in table cells. Any other tag is shown.
    private void WriteHtml(string tag)
    {
        if (tag.StartsWith("<br", StringComparison.OrdinalIgnoreCase) && tag.AsSpan(3).Trim() is ">" or "/>")
        {
            _out.BreakLine();
        }
        else
        {
            _out.AppendLines(tag);
        }
    }

    private void WriteLink(LinkInline link)
    {
        if (link.Reference is { } reference)
        {
            _ = _usedReferences.Add(reference);
        }

        // Clients make links of visible addresses themselves.
        if (link.IsAutoLink)
        {
            WriteInlines(link);
            return;
        }

        string address = link.GetDynamicUrl?.Invoke() ?? link.Url ?? "";
        bool isLink = LinkTarget.TryCreate(address, out string url) && !_out.IsOpen(SpanKind.Link);
        int start = _out.Length;
        if (isLink)
        {
            _out.Open(SpanKind.Link, url);
        }

        WriteInlines(link);
        bool hasLabel = !_out.IsBlankSince(start);
        if (isLink)
        {
            _out.Close(SpanKind.Link);
        }

        string visible = LinkTarget.Visible(address);
        if (!hasLabel)
        {
            _out.Append(visible);
        }
        else if (!isLink && visible.Length > 0 && !AnswerBlocks.IsReply(address) && !_out.IsSince(start, visible))
        {
            _out.Append($" ({visible})");
        }

        if (!string.IsNullOrEmpty(link.Title))
        {
            _out.AppendLines($" ({link.Title})");
        }
    }
}
