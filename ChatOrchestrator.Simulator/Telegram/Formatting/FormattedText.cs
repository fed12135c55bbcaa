namespace ChatOrchestrator.Simulator.Telegram.Formatting;

/// <summary>Text and its formatting. Offsets and lengths count UTF-16 code units, as everywhere in the Bot API.</summary>
internal sealed record FormattedText(string Text, IReadOnlyList<MessageEntity> Entities);

/// <summary>Text that Telegram refuses; the message is the platform's own, without the <c>Bad Request: </c> prefix.</summary>
internal sealed class FormattingException(string message) : Exception(message);

/// <summary>How a text becomes a message: markup, cleaning, trimming, detection of links, commands and mentions.</summary>
/// <remarks>https://core.telegram.org/bots/api#formatting-options</remarks>
internal static class MessageText
{
    /// <summary>UTF-16 code units after entity parsing. https://core.telegram.org/bots/api#sendmessage</summary>
    public const int MaxLength = 4096;

    /// <summary>The same of a caption. https://core.telegram.org/bots/api#sendphoto</summary>
    public const int MaxCaptionLength = 1024;

    // What the Bot API server takes before it parses anything: 32 KiB of UTF-8.
    private const int MaxSourceBytes = 1 << 15;

    /// <summary>Reads the markup of <paramref name="parseMode"/>; without one the explicit entities are used.</summary>
    /// <exception cref="FormattingException">The text is empty, too large, or its markup is malformed.</exception>
    public static FormattedText Parse(string text, string? parseMode, IReadOnlyList<MessageEntity> entities)
    {
        if (text.Length == 0)
        {
            throw new FormattingException("message text is empty");
        }

        if (System.Text.Encoding.UTF8.GetByteCount(text) > MaxSourceBytes)
        {
            throw new FormattingException("text is too long");
        }

        return parseMode?.ToLowerInvariant() switch
        {
            null or "" or "none" => new FormattedText(text, entities),
            "markdownv2" => MarkdownV2Parser.Parse(text),
            "html" => HtmlParser.Parse(text),
            "markdown" => LegacyMarkdownParser.Parse(text),
            _ => throw new FormattingException("unsupported parse_mode"),
        };
    }

    /// <summary>Brings parsed text into the form in which it is stored and shown.</summary>
    /// <exception cref="FormattingException">Nothing visible remains, the text is too long, or an entity is misplaced.</exception>
    public static FormattedText Finish(FormattedText input)
    {
        var cleaned = Clean(input);
        var trimmed = Trim(cleaned);
        if (trimmed.Text.All(IsInvisible))
        {
            throw new FormattingException("text must be non-empty");
        }

        if (trimmed.Text.Length > MaxLength)
        {
            throw new FormattingException("message is too long");
        }

        return trimmed with { Entities = EntityRules.Merge(trimmed.Entities, EntityDetector.Detect(trimmed.Text)) };
    }

    private static bool IsInvisible(char c) => char.IsWhiteSpace(c) || c is '\u200B' or '\u200C' or '\u200D' or '\u2060' or '\uFEFF' or '\u200E' or '\u200F';

    /// <summary>Control characters become spaces; carriage returns, direction overrides and three combining lines disappear.</summary>
    private static FormattedText Clean(FormattedText input)
    {
        var text = input.Text;
        var moved = new int[text.Length + 1];
        var result = new System.Text.StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            moved[i] = result.Length;
            var c = text[i];
            if (c is '\r' or (>= '\u2028' and <= '\u202E') or '\u0333' or '\u033F' or '\u030A')
            {
                continue;
            }

            result.Append(c < ' ' && c != '\n' ? ' ' : c);
        }

        moved[text.Length] = result.Length;
        var entities = new List<MessageEntity>(input.Entities.Count);
        foreach (var entity in input.Entities.Where(static entity => entity.Length > 0))
        {
            var end = entity.Offset + entity.Length;
            if (entity.Offset >= text.Length)
            {
                throw new FormattingException($"entity begins after the end of the text at UTF-16 offset {entity.Offset}");
            }

            if (end > text.Length)
            {
                throw new FormattingException($"entity beginning at UTF-16 offset {entity.Offset} ends after the end of the text at UTF-16 offset {end}");
            }

            if (IsInsidePair(text, entity.Offset))
            {
                throw new FormattingException($"entity begins in a middle of a UTF-16 symbol at byte offset {ByteOffset(text, entity.Offset + 1)}");
            }

            if (IsInsidePair(text, end))
            {
                throw new FormattingException($"entity beginning at UTF-16 offset {entity.Offset} ends in a middle of a UTF-16 symbol at byte offset {ByteOffset(text, end + 1)}");
            }

            if (moved[end] > moved[entity.Offset])
            {
                entities.Add(entity with { Offset = moved[entity.Offset], Length = moved[end] - moved[entity.Offset] });
            }
        }

        return new FormattedText(result.ToString(), EntityRules.Merge(entities, []));
    }

    private static FormattedText Trim(FormattedText input)
    {
        var end = input.Text.AsSpan().TrimEnd(" \n").Length;
        var firstEntity = input.Entities.Count == 0 ? end : input.Entities[0].Offset;
        var start = 0;
        // Leading space that is formatted stays, as on the real platform.
        while (start < Math.Min(end, firstEntity) && input.Text[start] is ' ' or '\n')
        {
            start++;
        }

        var entities = input.Entities
            .Where(entity => entity.Offset < end)
            .Select(entity => entity with { Offset = entity.Offset - start, Length = Math.Min(entity.Offset + entity.Length, end) - entity.Offset })
            .Order(EntityRules.Order)
            .ToList();
        return new FormattedText(input.Text[start..Math.Max(start, end)], entities);
    }

    private static bool IsInsidePair(string text, int index) =>
        index > 0 && index < text.Length && char.IsLowSurrogate(text[index]) && char.IsHighSurrogate(text[index - 1]);

    /// <summary>The platform's error messages count bytes of UTF-8.</summary>
    public static int ByteOffset(string text, int index) =>
        System.Text.Encoding.UTF8.GetByteCount(text.AsSpan(0, Math.Min(index, text.Length)));
}
