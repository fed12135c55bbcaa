using System.Text;
using Markdig.Extensions.Tables;

namespace ChatOrchestrator.Infrastructure.Formatting;

/// <summary>A table in monospaced text, the first row its header.</summary>
internal sealed class AlignedTable(TableColumnAlign?[] alignments)
{
    /// <summary>Columns are padded up to this width, in columns of the font: one long cell must not spread every row.</summary>
    private const int MaxWidth = 40;

    private readonly List<string[]> _rows = [];

    public void AddRow(string[] cells) => _rows.Add(cells);

    public override string ToString()
    {
        int[] widths = Widths();
        long cells = _rows.Sum(row => row.Sum(cell => (long)cell.Length + 3));
        long padded = _rows.Sum(row => (long)row.Length) * 3 + (long)widths.Sum() * _rows.Count;
        if (padded > (4 * cells) + 4096)
        {
            // Mostly empty: padding would multiply the length of the answer.
            Array.Clear(widths);
        }

        StringBuilder text = new();
        for (int i = 0; i < _rows.Count; i++)
        {
            AppendRow(text, _rows[i], widths);
            if (i == 0)
            {
                _ = text.Append(string.Join("-+-", widths.Select(width => new string('-', Math.Max(1, width))))).Append('\n');
            }
        }

        return text.ToString().TrimEnd('\n');
    }

    private int[] Widths()
    {
        int[] widths = new int[_rows.Count == 0 ? 0 : _rows.Max(row => row.Length)];
        foreach (string[] row in _rows)
        {
            for (int i = 0; i < row.Length; i++)
            {
                widths[i] = Math.Max(widths[i], Math.Min(MaxWidth, VisibleText.Columns(row[i])));
            }
        }

        return widths;
    }

    private void AppendRow(StringBuilder text, string[] row, int[] widths)
    {
        int start = text.Length;
        for (int i = 0; i < row.Length; i++)
        {
            int space = Math.Max(0, widths[i] - VisibleText.Columns(row[i]));
            int before = (i < alignments.Length ? alignments[i] : null) switch
            {
                TableColumnAlign.Right => space,
                TableColumnAlign.Center => space / 2,
                _ => 0,
            };
            _ = text.Append(i == 0 ? "" : " | ").Append(' ', before).Append(row[i]).Append(' ', space - before);
        }

        while (text.Length > start && text[^1] == ' ')
        {
            text.Length--;
        }

        _ = text.Append('\n');
    }
}
