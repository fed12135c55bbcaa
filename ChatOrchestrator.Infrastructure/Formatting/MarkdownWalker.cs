using System.Globalization;
using System.Runtime.CompilerServices;
using Markdig.Extensions.Tables;
using Markdig.Extensions.TaskLists;
using Markdig.Syntax;

namespace ChatOrchestrator.Infrastructure.Formatting;

/// <summary>Turns the parser's tree into a <see cref="FormattedText"/>: the one place that knows what each element looks like.</summary>
internal sealed partial class MarkdownWalker
{
    /// <summary>Deeper lists are not indented further: it would let a short answer grow without bound.</summary>
    private const int MaxIndent = 16;

    private const string ThematicBreak = "──────────";

    private static readonly string[] Bullets = ["• ", "◦ ", "▪ "];

    private readonly FormattedTextBuilder _out = new();
    private readonly HashSet<LinkReferenceDefinition> _usedReferences;
    private int _bulletDepth;

    public MarkdownWalker()
        : this([])
    {
    }

    private MarkdownWalker(HashSet<LinkReferenceDefinition> usedReferences) => _usedReferences = usedReferences;

    public FormattedText Walk(MarkdownDocument document)
    {
        WriteBlocks(document, loose: true);
        foreach (LinkReferenceDefinitionGroup group in document.OfType<LinkReferenceDefinitionGroup>())
        {
            WriteUnusedReferences(group);
        }

        return _out.Build();
    }

    private void WriteBlocks(ContainerBlock container, bool loose)
    {
        foreach (Block block in container)
        {
            if (block is not LinkReferenceDefinitionGroup)
            {
                _out.Separate(loose ? 2 : 1);
                WriteBlock(block);
            }
        }
    }

    private void WriteBlock(Block block)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        switch (block)
        {
            case HeadingBlock heading:
                _out.Open(SpanKind.Bold);
                WriteInlines(heading.Inline);
                _out.Close(SpanKind.Bold);
                break;
            case CodeBlock code:
                WriteCode(code);
                break;
            case ThematicBreakBlock:
                _out.Append(ThematicBreak);
                break;
            case Table table:
                WriteTable(table);
                break;
            case ListBlock list:
                WriteList(list);
                break;
            case QuoteBlock quote:
                _out.Open(SpanKind.BlockQuote);
                WriteBlocks(quote, loose: true);
                _out.Close(SpanKind.BlockQuote);
                break;
            case LeafBlock { Inline: { } inlines }:
                WriteInlines(inlines);
                break;
            case LeafBlock leaf:
                _out.AppendLines(leaf.Lines.ToString());
                break;
            case ContainerBlock container:
                WriteBlocks(container, loose: true);
                break;
            default:
                break;
        }
    }

    private void WriteCode(CodeBlock block)
    {
        string code = block.Lines.ToString().TrimEnd('\n');
        string info = "";
        string? language = null;
        if (block is FencedCodeBlock fence)
        {
            // Telegram and most highlighters know one word as the language; a title or options beside it are text to show.
            bool isLanguage = IsLanguage(fence.Info) && code.Length > 0;
            language = isLanguage ? fence.Info : null;
            info = isLanguage ? fence.Arguments ?? "" : $"{fence.Info} {fence.Arguments}".Trim();
        }

        if (info.Length > 0)
        {
            _out.Append(info);
            _out.Separate(1);
        }

        _out.AppendPre(code, language);
    }

    private static bool IsLanguage(string? info)
    {
        const int Longest = 32;
        return info is { Length: > 0 and <= Longest } && info.All(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '#' or '-' or '.' or '_');
    }

    private void WriteList(ListBlock list)
    {
        if (!int.TryParse(list.OrderedStart, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            number = 1;
        }

        string bullet = Bullets[Math.Min(_bulletDepth, Bullets.Length - 1)];
        _bulletDepth += list.IsOrdered ? 0 : 1;
        int indent = _out.Indent;
        foreach (Block child in list)
        {
            if (child is not ListItemBlock item)
            {
                continue;
            }

            string marker = list.IsOrdered ? string.Create(CultureInfo.InvariantCulture, $"{number++}{list.OrderedDelimiter} ") : bullet;
            if (item.Count > 0 && item[0] is ParagraphBlock { Inline.FirstChild: TaskList task })
            {
                marker = (list.IsOrdered ? marker : "") + (task.Checked ? "☑ " : "☐ ");
            }

            _out.Separate(list.IsLoose ? 2 : 1);
            _out.AppendMarker(marker);
            _out.Indent = Math.Min(MaxIndent, indent + marker.Length);
            WriteBlocks(item, list.IsLoose);
            _out.EndItem();
            _out.Indent = indent;
        }

        _bulletDepth -= list.IsOrdered ? 0 : 1;
    }

    private void WriteTable(Table table)
    {
        AlignedTable aligned = new([.. table.ColumnDefinitions.Select(column => column.Alignment)]);
        foreach (TableRow row in table.OfType<TableRow>())
        {
            aligned.AddRow([.. row.OfType<TableCell>().Select(CellText)]);
        }

        _out.AppendPre(aligned.ToString(), language: null);
    }

    // A code block takes no formats: a link in a cell shows its address.
    private string CellText(TableCell cell)
    {
        MarkdownWalker walker = new(_usedReferences);
        walker.WriteBlocks(cell, loose: false);
        return PlainText.Render(walker._out.Build()).ReplaceLineEndings(" ");
    }

    private void WriteUnusedReferences(LinkReferenceDefinitionGroup group)
    {
        _out.Separate(2);
        foreach (LinkReferenceDefinition definition in group.OfType<LinkReferenceDefinition>())
        {
            if (!_usedReferences.Contains(definition))
            {
                _out.Append($"[{definition.Label}]: {definition.Url} {definition.Title}".TrimEnd());
                _out.Separate(1);
            }
        }
    }
}
