using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Formatting;

namespace ChatOrchestrator.Infrastructure.Platforms.Telegram;

/// <summary>
/// Turns an answer into messages of Telegram's size, formatted as HTML where the answer is. What is more than text has as
/// its format <c>json:</c> and the name of the method, and as its body the method's arguments without the chat.
/// </summary>
internal static class TelegramParts
{
    public const string JsonPrefix = "json:";

    /// <summary>The Bot API's name of the markup that we send.</summary>
    public const string Html = "HTML";

    /// <summary>Stands above buttons that have no text: Telegram has no message of buttons only.</summary>
    private const string ButtonsOnly = "👇";

    private const int MaxAlbum = 10;

    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static IReadOnlyList<PartBody> Split(string answer)
    {
        var blocks = AnswerBlocks.Read(answer);
        if (blocks is [TextBlock])
        {
            var parts = TextOf(answer);
            return parts.Count == 1 ? [BodyOf(parts[0], answer)] : [.. parts.Select(p => BodyOf(p))];
        }
        var bodies = new List<PartBody>();
        var simplified = Simplify(blocks);
        for (var i = 0; i < simplified.Count; i++)
        {
            var buttons = i + 1 < simplified.Count ? simplified[i + 1] as ButtonsBlock : null;
            switch (simplified[i])
            {
                case TextBlock text:
                    var parts = TextOf(text.Markdown);
                    for (var p = 0; p < parts.Count; p++)
                    {
                        var keyboard = p == parts.Count - 1 && buttons is not null ? TelegramButtons.Keyboard(buttons) : null;
                        // With room for the list that stands in for a keyboard that is refused.
                        var fits = keyboard is not null && TelegramLimits.Measure(parts[p]) + TelegramButtons.AsList(keyboard).Length <= TelegramLimits.MaxTextLength;
                        bodies.Add(fits ? BodyOf(parts[p], keyboard!) : BodyOf(parts[p]));
                        i += fits ? 1 : 0;
                    }
                    break;
                case MediaBlock { Kind: AttachmentKind.Image } when AlbumAt(simplified, i) is { Count: > 1 } album:
                    bodies.Add(BodyOf(album));
                    i += album.Count - 1;
                    break;
                case MediaBlock media:
                    if (media.Alt.Length > TelegramLimits.MaxCaptionLength)
                    {
                        bodies.AddRange(FormattedText.Plain(media.Alt).Split(TelegramLimits.MaxTextLength, TelegramLimits.Measure).Select(p => BodyOf(p)));
                        media = media with { Alt = "" };
                    }
                    bodies.Add(BodyOf(media, buttons));
                    i += buttons is null ? 0 : 1;
                    break;
                case ButtonsBlock alone:
                    bodies.Add(BodyOf(TextOf(ButtonsOnly)[0], TelegramButtons.Keyboard(alone)));
                    break;
            }
        }
        return bodies;
    }

    /// <summary>The text of the first message of an answer that is not finished; null: nothing to be seen yet, or no text.</summary>
    public static PartBody? First(string text)
    {
        if (AnswerBlocks.Read(UnfinishedMarkdown.Close(text))[0] is not TextBlock block)
        {
            return null;
        }
        var parts = TextOf(block.Markdown);
        return parts.Count == 0 ? null : BodyOf(parts[0]);
    }

    /// <summary>What Telegram cannot carry becomes text, and texts that stand beside each other one.</summary>
    private static List<AnswerBlock> Simplify(IReadOnlyList<AnswerBlock> blocks)
    {
        var simplified = new List<AnswerBlock>(blocks.Count);
        foreach (var block in blocks)
        {
            switch (block)
            {
                case ButtonsBlock buttons when !TelegramButtons.Fits(buttons):
                    AddText(buttons.AsList().Markdown);
                    break;
                case TextBlock text:
                    AddText(text.Markdown);
                    break;
                default:
                    simplified.Add(block);
                    break;
            }
        }
        return simplified;

        void AddText(string markdown)
        {
            if (simplified is [.., TextBlock before])
            {
                simplified[^1] = new TextBlock($"{before.Markdown}\n\n{markdown}");
            }
            else
            {
                simplified.Add(new TextBlock(markdown));
            }
        }
    }

    private static List<MediaBlock> AlbumAt(List<AnswerBlock> blocks, int at)
    {
        List<MediaBlock> album = [];
        var links = 0;
        while (album.Count < MaxAlbum && at < blocks.Count
            && blocks[at++] is MediaBlock { Kind: AttachmentKind.Image, Alt.Length: <= TelegramLimits.MaxCaptionLength } image
            && (links += LinkTo(image).Length + 1) <= TelegramLimits.MaxTextLength)
        {
            album.Add(image);
        }
        return album;
    }

    private static IReadOnlyList<FormattedText> TextOf(string markdown) =>
        MarkdownText.Parse(markdown).Split(TelegramLimits.MaxTextLength, TelegramLimits.Measure);

    /// <param name="answer">The whole answer, when this is all of it: what is the same is not stored twice.</param>
    private static PartBody BodyOf(FormattedText part, string? answer = null) =>
        part.Spans.IsEmpty
            ? new PartBody(part.Text == answer ? null : part.Text)
            : new PartBody(TelegramHtml.Render(part), Html, PlainText.Render(part));

    private static PartBody BodyOf(FormattedText part, JsonObject keyboard)
    {
        var arguments = new JsonObject { ["text"] = part.Spans.IsEmpty ? part.Text : TelegramHtml.Render(part) };
        if (!part.Spans.IsEmpty)
        {
            arguments["parse_mode"] = Html;
        }
        arguments["reply_markup"] = keyboard;
        return BodyOf("sendMessage", arguments, PlainText.Render(part));
    }

    private static PartBody BodyOf(MediaBlock media, ButtonsBlock? buttons)
    {
        var (method, name) = media.Kind switch
        {
            AttachmentKind.Image => ("sendPhoto", "photo"),
            AttachmentKind.Audio => ("sendAudio", "audio"),
            AttachmentKind.Voice => ("sendVoice", "voice"),
            AttachmentKind.Video => ("sendVideo", "video"),
            _ => ("sendDocument", "document"),
        };
        var arguments = new JsonObject { [name] = media.Url.AbsoluteUri };
        if (media.Alt.Length > 0)
        {
            arguments["caption"] = media.Alt;
        }
        if (buttons is not null)
        {
            arguments["reply_markup"] = TelegramButtons.Keyboard(buttons);
        }
        return BodyOf(method, arguments, LinkTo(media));
    }

    private static PartBody BodyOf(List<MediaBlock> album)
    {
        var items = new JsonArray();
        foreach (var image in album)
        {
            var item = new JsonObject { ["type"] = "photo", ["media"] = image.Url.AbsoluteUri };
            if (image.Alt.Length > 0)
            {
                item["caption"] = image.Alt;
            }
            items.Add(item);
        }
        return BodyOf("sendMediaGroup", new JsonObject { ["media"] = items }, string.Join('\n', album.Select(LinkTo)));
    }

    private static PartBody BodyOf(string method, JsonObject arguments, string plain) => new(arguments.ToJsonString(Json), JsonPrefix + method, plain);

    private static string LinkTo(MediaBlock media) => media.Alt.Length > 0 ? $"{media.Alt}\n{media.Url.AbsoluteUri}" : media.Url.AbsoluteUri;
}
