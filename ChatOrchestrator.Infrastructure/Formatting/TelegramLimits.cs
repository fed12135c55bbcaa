namespace ChatOrchestrator.Infrastructure.Formatting;

/// <summary>What one Telegram message holds: <c>text.Split(TelegramLimits.MaxTextLength, TelegramLimits.Measure)</c>.</summary>
public static class TelegramLimits
{
    /// <summary>UTF-16 units of text "after entities parsing" (https://core.telegram.org/bots/api#sendmessage).</summary>
    public const int MaxTextLength = 4096;

    /// <summary>UTF-16 units of a caption "after entities parsing" (https://core.telegram.org/bots/api#sendphoto).</summary>
    public const int MaxCaptionLength = 1024;

    /// <summary>Formats beyond this number are silently dropped by the server (https://limits.tginfo.me).</summary>
    public const int MaxEntities = 100;

    /// <summary>
    /// The length of a part in UTF-16 units: of its plain rendering, which shows the addresses of links and so is never
    /// shorter than the parsed text. A part thus still fits when it has to be sent without markup. A part with too many
    /// formats fits no limit.
    /// </summary>
    public static int Measure(FormattedText part) => part.Spans.Length > MaxEntities ? int.MaxValue : PlainText.Length(part);
}
