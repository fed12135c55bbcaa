namespace ChatOrchestrator.Infrastructure.Formatting;

/// <summary>
/// CommonMark that is still being written, as it can be shown meanwhile: what has been opened and not closed at its end is
/// closed (<c>**bol</c>), or left out where nothing of it can be read yet (<c>[Yes](reply:y</c>).
/// </summary>
public static class UnfinishedMarkdown
{
    /// <summary>Only the last paragraph is looked at: what is before it does not change any more.</summary>
    public static string Close(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var end = text.Length;
        while (end > 0 && text[end - 1] is '\n' or '\r' or ' ')
        {
            end--;
        }
        if (IsInFence(text))
        {
            // A fence that is being closed: "``".
            var line = text.LastIndexOf('\n', Math.Max(0, end - 1)) + 1;
            return end - line is 1 or 2 && text.AsSpan(line, end - line).TrimStart('`').IsEmpty ? text[..line] : text;
        }
        var start = text.LastIndexOf("\n\n", Math.Max(0, end - 1), StringComparison.Ordinal) is >= 0 and var blank ? blank + 2 : 0;
        var paragraph = text.AsSpan(start, end - start);
        paragraph = WithoutOpenLink(paragraph).TrimEnd("*_`~![\\ ");
        var shown = text[..(start + paragraph.Length)];
        if (Count(paragraph, "`") % 2 == 1)
        {
            return shown + "`";
        }
        return Count(paragraph, "**") % 2 == 1 ? shown + "**" : shown;
    }

    /// <summary>A link or picture at the end whose address is not there yet.</summary>
    private static ReadOnlySpan<char> WithoutOpenLink(ReadOnlySpan<char> text)
    {
        var open = text.LastIndexOf('[');
        if (open < 0)
        {
            return text;
        }
        var rest = text[open..];
        var label = rest.IndexOf(']');
        var isOpen = label < 0 || label == rest.Length - 1 || (rest[label + 1] == '(' && !rest[(label + 1)..].Contains(')'));
        return !isOpen ? text : open > 0 && text[open - 1] == '!' ? text[..(open - 1)] : text[..open];
    }

    private static bool IsInFence(string text)
    {
        var isOpen = false;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (line.TrimStart(' ').StartsWith("```"))
            {
                isOpen = !isOpen;
            }
        }
        return isOpen;
    }

    private static int Count(ReadOnlySpan<char> text, string what)
    {
        var count = 0;
        for (var at = text.IndexOf(what); at >= 0; at = text.IndexOf(what))
        {
            count++;
            text = text[(at + what.Length)..];
        }
        return count;
    }
}
