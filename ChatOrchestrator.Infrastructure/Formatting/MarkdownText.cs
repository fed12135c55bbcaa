using System.Buffers;
using Markdig;
using Markdig.Extensions.EmphasisExtras;
using Markdig.Extensions.Tables;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace ChatOrchestrator.Infrastructure.Formatting;

/// <summary>
/// Reads an answer in CommonMark (https://spec.commonmark.org) with GitHub's tables, strikethrough, task lists and autolinks
/// (https://github.github.com/gfm).
/// </summary>
public static class MarkdownText
{
    /// <summary>Longer answers, in UTF-16 units, are shown as they are: parsing time must stay bounded.</summary>
    public const int MaxLength = 131_072;

    // What the parser may spend on inputs that it reads in quadratic time, in "constructs times the length of their block":
    // about a quarter of a second. An answer of 10,000 characters in one block with 200 links spends 2 million.
    private const long MaxCost = 50_000_000;

    // Every row of a table gets as many cells as the widest: more would fill the memory, so such tables stay text.
    private const long MaxTableCells = 100_000;

    private static readonly MarkdownPipeline WithTables = Configure().UsePipeTables().Build();
    private static readonly MarkdownPipeline WithoutTables = Configure().Build();

    private static readonly SearchValues<char> Significant = SearchValues.Create("\\`*_~[]<&|\t\r\0");

    /// <summary>Reads an answer.</summary>
    /// <returns>
    /// The visible text with its formats; <see cref="FormattedText.Empty"/> for an answer of only white space and invisible
    /// characters. Markup that shows nothing (an empty heading), or that cannot be parsed within bounds of depth and time,
    /// comes back as the plain characters of the answer: nothing is ever lost.
    /// </returns>
    public static FormattedText Parse(string markdown)
    {
        ArgumentNullException.ThrowIfNull(markdown);
        if (IsPlain(markdown) || markdown.Length > MaxLength)
        {
            return AsIs(markdown);
        }

        ParsingCost cost = ParsingCost.Of(markdown);
        if (cost.Constructs > MaxCost)
        {
            return AsIs(markdown);
        }

        try
        {
            FormattedText text = new MarkdownWalker().Walk(ParseTree(WithLineFeeds(markdown), cost.TableCells <= MaxTableCells));
            return text.IsEmpty ? AsIs(markdown) : text;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // The parser refuses deep nesting with an ArgumentException. Whatever else it may throw on an odd answer, the
            // reader is better served by the raw answer than by none.
            return AsIs(markdown);
        }
    }

    /// <summary>The tree of an answer, whose positions count in <paramref name="text"/>; null when it cannot be parsed within bounds.</summary>
    internal static MarkdownDocument? TryParseTree(string markdown, out string text)
    {
        text = WithLineFeeds(markdown);
        ParsingCost cost = ParsingCost.Of(text);
        if (text.Length > MaxLength || cost.Constructs > MaxCost)
        {
            return null;
        }

        try
        {
            return ParseTree(text, cost.TableCells <= MaxTableCells);
        }
        catch (ArgumentException)
        {
            // Nested too deep.
            return null;
        }
    }

    private static MarkdownPipelineBuilder Configure() => new MarkdownPipelineBuilder()
        .UseTaskLists()
        .UseAutoLinks()
        .UseEmphasisExtras(EmphasisExtraOptions.Strikethrough);

    private static MarkdownDocument ParseTree(string markdown, bool tables)
    {
        MarkdownDocument tree = Markdown.Parse(markdown, tables ? WithTables : WithoutTables);

        // A line break within a table's row, written with a backslash or inside a link, makes the parser move the row's text.
        return tables && tree.Descendants<Table>().Any() && !KeepsOrder(tree) ? Markdown.Parse(markdown, WithoutTables) : tree;
    }

    /// <summary>Whether everything stands in the tree in the order in which it was written.</summary>
    private static bool KeepsOrder(MarkdownDocument tree)
    {
        int position = 0;
        foreach (LeafInline inline in tree.Descendants<LeafInline>().Where(inline => !inline.Span.IsEmpty))
        {
            if (inline.Span.Start < position)
            {
                return false;
            }

            position = inline.Span.Start;
        }

        return true;
    }

    // The parser leaves carriage returns in code.
    private static string WithLineFeeds(string text) => text.Contains('\r') ? text.Replace("\r\n", "\n").Replace('\r', '\n') : text;

    // White space at the ends shows nothing on any platform.
    private static FormattedText AsIs(string markdown) => FormattedText.Plain(markdown.Trim());

    // Most short answers hold no markup at all; this keeps the parser and its allocations away from them.
    private static bool IsPlain(ReadOnlySpan<char> text)
    {
        if (text.ContainsAny(Significant))
        {
            return false;
        }

        while (!text.IsEmpty)
        {
            int end = text.IndexOf('\n');
            if (StartsBlock(end < 0 ? text : text[..end]))
            {
                return false;
            }

            text = end < 0 ? [] : text[(end + 1)..];
        }

        return true;
    }

    // Also true of a line that ends in blanks, which Markdown takes away.
    private static bool StartsBlock(ReadOnlySpan<char> line)
    {
        int indent = line.IndexOfAnyExcept(' ');
        if (indent < 0)
        {
            return false;
        }

        line = line[indent..];
        if (indent >= 4 || line[^1] == ' ' || line[0] is '#' or '>' or '-' or '+' or '=')
        {
            return true;
        }

        int digits = line.IndexOfAnyExceptInRange('0', '9');
        return digits > 0 && line[digits] is '.' or ')';
    }

    /// <summary>An upper bound of what the parser may spend, found in one quick pass.</summary>
    /// <param name="Constructs">Openings that make it look ahead, times the length of their block.</param>
    /// <param name="TableCells">Cells, if all the lines were one table.</param>
    private readonly record struct ParsingCost(long Constructs, long TableCells)
    {
        public static ParsingCost Of(ReadOnlySpan<char> text)
        {
            long cost = 0;
            long constructs = 0;
            int blockLength = 0;
            int lines = 0;
            int mostBars = 0;
            foreach (ReadOnlySpan<char> line in text.EnumerateLines())
            {
                lines++;
                mostBars = Math.Max(mostBars, line.Count('|'));
                if (line.IsWhiteSpace())
                {
                    cost += constructs * blockLength;
                    (constructs, blockLength) = (0, 0);
                    continue;
                }

                blockLength += line.Length + 1;
                constructs += line.Count("](") + line.Count("]:") + line.Count("<?") + line.Count("<!") + line.Count("://")
                    + (line.StartsWith('=') ? 1 : 0);
            }

            return new ParsingCost(cost + (constructs * blockLength), (long)mostBars * lines);
        }
    }
}
