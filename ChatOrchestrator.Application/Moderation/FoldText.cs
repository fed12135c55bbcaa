using System.Globalization;
using System.Text;

namespace ChatOrchestrator.Application.Moderation;

/// <summary>
/// Makes texts comparable that look alike: lower case, without accents and characters that cannot be seen, letters in
/// ornamental forms made plain. By tables of our own: .NET cannot normalise where it runs without ICU, as in our images.
/// </summary>
internal static class FoldText
{
    /// <summary>U+00C0 to U+017F: Latin-1 and Latin Extended-A.</summary>
    private const string Latin =
        "aaaaaa\u00e6ceeeeiiiidnooooo\u00d7ouuuuy\u00fe\u00dfaaaaaa\u00e6ceeeeiiiidnooooo\u00f7ouuuuy\u00fey"
        + "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkkllllllllllnnnnnnnnnoooooo\u0153\u0153rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

    public static string Of(string text)
    {
        var folded = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            var plain = Plain(rune.Value);
            if (plain >= 0)
            {
                folded.Append((char)plain);
            }
            else if (Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format))
            {
                folded.Append(Rune.ToLowerInvariant(rune));
            }
        }
        return folded.ToString();
    }

    /// <summary>The plain lower-case character that one stands for; -1: it stands for itself.</summary>
    private static int Plain(int c) => c switch
    {
        < 0x80 => char.ToLowerInvariant((char)c),
        >= 0xC0 and <= 0x17F => Latin[c - 0xC0],
        // Full-width forms.
        >= 0xFF01 and <= 0xFF5E => char.ToLowerInvariant((char)(c - 0xFEE0)),
        // Circled letters.
        >= 0x24B6 and <= 0x24E9 => 'a' + ((c - 0x24B6) % 26),
        // Mathematical letters and digits.
        >= 0x1D400 and <= 0x1D6A3 => 'a' + ((c - 0x1D400) % 26),
        >= 0x1D7CE and <= 0x1D7FF => '0' + ((c - 0x1D7CE) % 10),
        _ => -1,
    };
}
