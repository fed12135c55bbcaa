using System.Globalization;

namespace ChatOrchestrator.Infrastructure.Formatting;

/// <summary>Extended grapheme clusters (https://www.unicode.org/reports/tr29/): what a reader takes for one character.</summary>
internal static class Graphemes
{
    /// <summary>The length of the first cluster in UTF-16 units; 0 for an empty text.</summary>
    public static int NextLength(ReadOnlySpan<char> text)
    {
        // Two ASCII characters never join, except a line end of two.
        if (text.Length >= 2 && text[0] < 0x80 && text[1] < 0x80 && text[0] != '\r')
        {
            return 1;
        }

        return StringInfo.GetNextTextElementLength(text);
    }
}
