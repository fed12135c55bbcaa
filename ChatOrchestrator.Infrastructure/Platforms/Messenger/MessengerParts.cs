using System.Text.Json.Nodes;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Formatting;

namespace ChatOrchestrator.Infrastructure.Platforms.Messenger;

/// <summary>
/// Turns an answer into messages. Messenger has no markup: links show their address. Up to three buttons go under a text of
/// 640 characters as a <see href="https://developers.facebook.com/docs/messenger-platform/send-messages/template/button">button
/// template</see>, up to thirteen choices as <see href="https://developers.facebook.com/docs/messenger-platform/send-messages/quick-replies">quick
/// replies</see>; what fits neither becomes a numbered list. A file goes by its address, and as a link when Messenger cannot fetch it.
/// </summary>
internal static class MessengerParts
{
    /// <summary>A part's body is the <see href="https://developers.facebook.com/docs/messenger-platform/reference/send-api#message">message</see> as JSON.</summary>
    public const string MessageFormat = "json:message";

    public const int MaxText = 2000;
    public const int MaxTemplateText = 640;
    public const int MaxButtons = 3;
    public const int MaxQuickReplies = 13;
    public const int MaxLabel = 20;
    public const int MaxPayload = 1000;

    /// <summary>What stands over buttons that the answer puts under nothing: a message must say something.</summary>
    private const string NoText = "👇";

    public static IReadOnlyList<PartBody> Split(string answer)
    {
        var parts = new List<PartBody>();
        var text = FormattedText.Empty;
        foreach (var block in Merge(AnswerBlocks.Read(answer)))
        {
            if (block is TextBlock written)
            {
                AddText(parts, text);
                text = MarkdownText.Parse(written.Markdown);
                continue;
            }
            if (block is ButtonsBlock row)
            {
                AddChoices(parts, text, row);
                text = FormattedText.Empty;
                continue;
            }
            AddText(parts, text);
            text = FormattedText.Empty;
            AddMedia(parts, (MediaBlock)block);
        }
        AddText(parts, text);
        return parts is [{ Format: null } only] && only.Body == answer ? [new PartBody(null)] : parts;
    }

    /// <summary>A row that Messenger cannot carry is a list in the text before it.</summary>
    private static IEnumerable<AnswerBlock> Merge(IReadOnlyList<AnswerBlock> blocks)
    {
        string? text = null;
        foreach (var block in blocks)
        {
            switch (block)
            {
                case TextBlock written:
                    text = Join(text, written.Markdown);
                    break;
                case ButtonsBlock row when !Fits(row):
                    text = Join(text, row.AsList().Markdown);
                    break;
                default:
                    if (text is not null)
                    {
                        yield return new TextBlock(text);
                        text = null;
                    }
                    yield return block;
                    break;
            }
        }
        if (text is not null)
        {
            yield return new TextBlock(text);
        }

        static string Join(string? before, string markdown) => before is null ? markdown : $"{before}\n\n{markdown}";
    }

    private static bool Fits(ButtonsBlock row) =>
        row.Buttons.Count <= (row.Buttons.Any(b => b.Url is not null) ? MaxButtons : MaxQuickReplies)
        && row.Buttons.All(b => b.Label.Length <= MaxLabel && (b.Payload?.Length ?? 0) <= MaxPayload);

    private static void AddText(List<PartBody> parts, FormattedText text)
    {
        foreach (var part in text.Split(MaxText, PlainText.Length))
        {
            parts.Add(new PartBody(PlainText.Render(part)));
        }
    }

    private static void AddChoices(List<PartBody> parts, FormattedText text, ButtonsBlock row)
    {
        var pieces = text.Split(MaxText, PlainText.Length);
        var isTemplate = row.Buttons.Count <= MaxButtons;
        if (isTemplate && pieces.Count > 0)
        {
            pieces = [.. pieces.SkipLast(1), .. pieces[^1].Split(MaxTemplateText, PlainText.Length)];
        }
        for (var i = 0; i < pieces.Count - 1; i++)
        {
            parts.Add(new PartBody(PlainText.Render(pieces[i])));
        }
        var last = pieces.Count > 0 ? PlainText.Render(pieces[^1]) : NoText;
        var message = isTemplate ? Template(last, row) : QuickReplies(last, row);
        parts.Add(new PartBody(message.ToJsonString(), MessageFormat, $"{last}\n\n{PlainText.Render(MarkdownText.Parse(row.AsList().Markdown))}"));
    }

    private static void AddMedia(List<PartBody> parts, MediaBlock media)
    {
        var type = media.Kind switch
        {
            AttachmentKind.Image => "image",
            AttachmentKind.Audio or AttachmentKind.Voice => "audio",
            AttachmentKind.Video => "video",
            _ => "file",
        };
        var message = new JsonObject
        {
            ["attachment"] = new JsonObject { ["type"] = type, ["payload"] = new JsonObject { ["url"] = media.Url.AbsoluteUri, ["is_reusable"] = false } },
        };
        parts.Add(new PartBody(message.ToJsonString(), MessageFormat, media.Url.AbsoluteUri));
        // There are no captions: what the file shows is said in a message of its own.
        AddText(parts, FormattedText.Plain(media.Alt));
    }

    private static JsonObject Template(string text, ButtonsBlock row) => new()
    {
        ["attachment"] = new JsonObject
        {
            ["type"] = "template",
            ["payload"] = new JsonObject
            {
                ["template_type"] = "button",
                ["text"] = text,
                ["buttons"] = new JsonArray([.. row.Buttons.Select(b => b.Url is { } url
                    ? new JsonObject { ["type"] = "web_url", ["title"] = b.Label, ["url"] = url.AbsoluteUri }
                    : new JsonObject { ["type"] = "postback", ["title"] = b.Label, ["payload"] = b.Payload })]),
            },
        },
    };

    private static JsonObject QuickReplies(string text, ButtonsBlock row) => new()
    {
        ["text"] = text,
        ["quick_replies"] = new JsonArray([.. row.Buttons.Select(b =>
            new JsonObject { ["content_type"] = "text", ["title"] = b.Label, ["payload"] = b.Payload })]),
    };
}
