using ChatOrchestrator.Domain.Messages;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace ChatOrchestrator.Infrastructure.Formatting;

/// <summary>A piece of an answer.</summary>
public abstract record AnswerBlock;

/// <summary>CommonMark.</summary>
public sealed record TextBlock(string Markdown) : AnswerBlock;

/// <summary>A file to be shown.</summary>
/// <param name="Kind">Image, audio, voice, video or document.</param>
/// <param name="Url">An http or https address.</param>
/// <param name="Alt">What it shows, in words; may be empty.</param>
public sealed record MediaBlock(AttachmentKind Kind, Uri Url, string Alt) : AnswerBlock;

/// <summary>A row of choices.</summary>
public sealed record ButtonsBlock(IReadOnlyList<AnswerButton> Buttons) : AnswerBlock
{
    /// <summary>The choices as a numbered list in CommonMark, for a platform that cannot carry them.</summary>
    public TextBlock AsList() => new(string.Join('\n', Buttons.Select((b, i) => $"{i + 1}. {b.AsMarkdown()}")));
}

/// <summary>A button.</summary>
/// <param name="Label">What stands on it.</param>
/// <param name="Payload">What comes back when it is pressed; null for a link.</param>
/// <param name="Url">Where a link leads; null for a choice.</param>
public sealed record AnswerButton(string Label, string? Payload, Uri? Url)
{
    internal string AsMarkdown()
    {
        var label = new System.Text.StringBuilder(Label.Length);
        foreach (var c in Label)
        {
            if (char.IsAsciiLetterOrDigit(c) || !char.IsAscii(c) || c == ' ')
            {
                label.Append(c);
            }
            else
            {
                label.Append('\\').Append(c);
            }
        }
        return Url is null ? label.ToString() : $"[{label}](<{Url.AbsoluteUri}>)";
    }
}

/// <summary>
/// An answer is CommonMark, in which two kinds of paragraphs mean more than text: one of nothing but images shows the
/// files (<c>![a chart](https://…/chart.png)</c>; what is no image says so by its ending or by the title
/// <c>"document"</c>, <c>"audio"</c>, <c>"voice"</c>, <c>"video"</c>), and one of nothing but links of which one leads to
/// <c>reply:</c> is a row of buttons (<c>[Yes](reply:yes) [No](reply:no) [Terms](https://…)</c>; <c>[Yes](reply:)</c>
/// replies with its label). So rich answers are stored, searched, replayed and suggested like any text, and a model can write them.
/// </summary>
public static class AnswerBlocks
{
    private const string ReplyScheme = "reply:";

    /// <summary>Whether the address is that of a choice, which leads nowhere where it is not a button.</summary>
    internal static bool IsReply(string address) => address.StartsWith(ReplyScheme, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads an answer; one without the additions is one <see cref="TextBlock"/>, unchanged.</summary>
    public static IReadOnlyList<AnswerBlock> Read(string answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        if (!answer.Contains("reply:", StringComparison.Ordinal) && !answer.Contains("![", StringComparison.Ordinal)
            || MarkdownText.TryParseTree(answer, out var text) is not { } tree)
        {
            return [new TextBlock(answer)];
        }
        List<AnswerBlock> blocks = [];
        var from = 0;
        foreach (var block in tree)
        {
            if (block is ParagraphBlock { Inline: { } inlines } && ReadParagraph(inlines) is { Count: > 0 } special)
            {
                AddText(blocks, text[from..block.Span.Start]);
                blocks.AddRange(special);
                from = Math.Min(text.Length, block.Span.End + 1);
            }
        }
        if (blocks.Count == 0)
        {
            return [new TextBlock(answer)];
        }
        AddText(blocks, text[from..]);
        return blocks;
    }

    private static void AddText(List<AnswerBlock> blocks, string text)
    {
        if (!VisibleText.IsBlank(text))
        {
            blocks.Add(new TextBlock(text.Trim('\n')));
        }
    }

    /// <summary>What the paragraph means beyond text; nothing: it is text.</summary>
    private static List<AnswerBlock> ReadParagraph(ContainerInline inlines)
    {
        List<AnswerBlock> media = [];
        List<AnswerButton> buttons = [];
        foreach (var inline in inlines)
        {
            switch (inline)
            {
                case LineBreakInline:
                case LiteralInline literal when literal.Content.AsSpan().IsWhiteSpace():
                    break;
                case LinkInline { IsImage: true } image when ReadMedia(image) is { } shown:
                    media.Add(shown);
                    break;
                case LinkInline { IsImage: false } link when ReadButton(link) is { } button:
                    buttons.Add(button);
                    break;
                default:
                    return [];
            }
        }
        return buttons.Count == 0 ? media
            : media.Count == 0 && buttons.Exists(b => b.Payload is not null) ? [new ButtonsBlock(buttons)]
            : [];
    }

    private static MediaBlock? ReadMedia(LinkInline image) =>
        IsHttp(image.Url, out var url) ? new MediaBlock(KindOf(url, image.Title), url, TextOf(image)) : null;

    private static AnswerButton? ReadButton(LinkInline link)
    {
        var label = TextOf(link).Trim();
        if (VisibleText.IsBlank(label))
        {
            return null;
        }
        if (link.Url is { } reply && IsReply(reply))
        {
            var payload = Uri.UnescapeDataString(reply[ReplyScheme.Length..]);
            return new AnswerButton(label, payload.Length == 0 ? label : payload, null);
        }
        return IsHttp(link.Url, out var url) ? new AnswerButton(label, null, url) : null;
    }

    private static bool IsHttp(string? text, out Uri url) => Uri.TryCreate(text, UriKind.Absolute, out url!) && url.Scheme is "http" or "https";

    private static AttachmentKind KindOf(Uri url, string? title) => title?.Trim().ToLowerInvariant() switch
    {
        "image" => AttachmentKind.Image,
        "audio" => AttachmentKind.Audio,
        "voice" => AttachmentKind.Voice,
        "video" => AttachmentKind.Video,
        "document" => AttachmentKind.Document,
        _ => Path.GetExtension(url.AbsolutePath).ToLowerInvariant() switch
        {
            ".mp3" or ".m4a" or ".aac" or ".wav" or ".flac" => AttachmentKind.Audio,
            ".ogg" or ".oga" or ".opus" => AttachmentKind.Voice,
            ".mp4" or ".mov" or ".webm" or ".mkv" => AttachmentKind.Video,
            ".pdf" or ".doc" or ".docx" or ".xls" or ".xlsx" or ".ppt" or ".pptx" or ".txt" or ".csv" or ".zip" => AttachmentKind.Document,
            _ => AttachmentKind.Image,
        },
    };

    private static string TextOf(ContainerInline inlines)
    {
        var text = new System.Text.StringBuilder();
        foreach (var inline in inlines.Descendants())
        {
            _ = inline switch
            {
                LiteralInline literal => text.Append(literal.Content.AsSpan()),
                CodeInline code => text.Append(code.Content),
                HtmlEntityInline entity => text.Append(entity.Transcoded.AsSpan()),
                HtmlInline html => text.Append(html.Tag),
                LineBreakInline => text.Append(' '),
                _ => text,
            };
        }
        return text.ToString();
    }
}
