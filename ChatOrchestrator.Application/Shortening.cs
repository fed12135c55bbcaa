namespace ChatOrchestrator.Application;

/// <summary>Texts that must not be longer than a column or a list allows.</summary>
public static class Shortening
{
    /// <summary>The beginning of a text, at most <paramref name="max"/> UTF-16 code units of it. Never half a character: that could not be stored.</summary>
    public static string Shortened(this string text, int max) =>
        text.Length <= max ? text : text[..(max > 0 && char.IsHighSurrogate(text[max - 1]) ? max - 1 : max)];
}
