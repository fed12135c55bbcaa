using System.Text;

namespace ChatOrchestrator.Infrastructure.Formatting;

/// <summary>The units in which platforms count the length of a text.</summary>
public static class TextLength
{
    /// <summary>UTF-16 units, as <see cref="string.Length"/> counts.</summary>
    public static int Utf16Units(string text) => text.Length;

    /// <summary>Bytes of the UTF-8 form.</summary>
    public static int Utf8Bytes(string text) => Encoding.UTF8.GetByteCount(text);

    /// <summary>Unicode code points; an unpaired surrogate counts as one.</summary>
    public static int CodePoints(string text)
    {
        int count = 0;
        foreach (Rune _ in text.EnumerateRunes())
        {
            count++;
        }

        return count;
    }
}
