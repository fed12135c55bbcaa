using System.Globalization;
using System.Text;

namespace ChatOrchestrator.Infrastructure.Formatting;

/// <summary>What a reader can see.</summary>
internal static class VisibleText
{
    /// <summary>
    /// Whether no character leaves a mark: only white space, controls and invisible format characters. Platforms refuse
    /// such a message as empty.
    /// </summary>
    public static bool IsBlank(ReadOnlySpan<char> text)
    {
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (!IsInvisible(rune))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The number of columns in a monospaced font: 0 for marks and controls, 2 for wide East Asian and emoji.</summary>
    public static int Columns(ReadOnlySpan<char> text)
    {
        int columns = 0;
        while (!text.IsEmpty)
        {
            int length = Graphemes.NextLength(text);
            Rune.DecodeFromUtf16(text, out Rune first, out _);
            columns += IsInvisible(first) && !Rune.IsWhiteSpace(first) ? 0 : IsWide(first) ? 2 : 1;
            text = text[length..];
        }

        return columns;
    }

    // U+2800, U+3164, U+115F, U+1160 and U+FFA0 are letters or symbols by category and blank in every font.
    private static bool IsInvisible(Rune rune) =>
        Rune.IsWhiteSpace(rune)
        || rune.Value is 0x2800 or 0x3164 or 0x115F or 0x1160 or 0xFFA0
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format;

    // The blocks of East Asian Width W and F (https://www.unicode.org/reports/tr11/) and the emoji planes.
    private static bool IsWide(Rune rune) => rune.Value is
        (>= 0x1100 and <= 0x115F) or (>= 0x2E80 and <= 0x303E) or (>= 0x3041 and <= 0xA4CF) or (>= 0xA960 and <= 0xA97F)
        or (>= 0xAC00 and <= 0xD7A3) or (>= 0xF900 and <= 0xFAFF) or (>= 0xFE30 and <= 0xFE6F) or (>= 0xFF00 and <= 0xFF60)
        or (>= 0xFFE0 and <= 0xFFE6) or 0x2705 or 0x274C or 0x2B50 or (>= 0x1F300 and <= 0x1FAFF)
        or (>= 0x20000 and <= 0x3FFFD);
}
