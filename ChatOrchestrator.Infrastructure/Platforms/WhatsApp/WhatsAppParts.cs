using System.Text.Json.Nodes;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Formatting;

namespace ChatOrchestrator.Infrastructure.Platforms.WhatsApp;

/// <summary>
/// Turns an answer into messages. Up to three choices go under a text of 1,024 characters as
/// <see href="https://developers.facebook.com/docs/whatsapp/cloud-api/messages/interactive-reply-buttons-messages">reply buttons</see>,
/// up to ten as a <see href="https://developers.facebook.com/docs/whatsapp/cloud-api/messages/interactive-list-messages">list</see>;
/// more, or longer ones, become a numbered list. Links beside choices become text: WhatsApp does not mix them.
/// A file goes by its address, with what it shows as its caption.
/// </summary>
internal static class WhatsAppParts
{
    /// <summary>A part's body is the <see href="https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages">message</see> as JSON, from <c>type</c> on.</summary>
    public const string MessageFormat = "json:message";

    /// <summary>The text is formatted as WhatsApp reads it.</summary>
    public const string TextFormat = "whatsapp";

    public const int MaxText = 4096;
    public const int MaxCaption = 1024;
    public const int MaxInteractiveText = 1024;
    public const int MaxButtons = 3;
    public const int MaxRows = 10;
    public const int MaxLabel = 20;
    public const int MaxRowLabel = 24;
    private const int MaxButtonId = 256;
    private const int MaxRowId = 200;

    /// <summary>What stands over choices that the answer puts under nothing: a message must say something.</summary>
    private const string NoText = "👇";

    /// <summary>What opens a list; it must be there, and answers come in every language.</summary>
    private const string ListLabel = "☰";

    private const string Interactive = "interactive";

    /// <summary>Whether a message as JSON offers choices.</summary>
    public static bool IsInteractive(string message) => message.StartsWith($"{{\"type\":\"{Interactive}\"", StringComparison.Ordinal);

    public static IReadOnlyList<PartBody> Split(string answer)
    {
        var parts = new List<PartBody>();
        string? text = null;
        foreach (var block in AnswerBlocks.Read(answer))
        {
            switch (block)
            {
                case TextBlock written:
                    text = Join(text, written.Markdown);
                    break;
                case ButtonsBlock row:
                    var links = row.Buttons.Where(b => b.Url is not null).ToList();
                    var choices = row.Buttons.Where(b => b.Url is null).ToList();
                    if (Fits(choices))
                    {
                        text = links.Count == 0 ? text : Join(text, string.Join('\n', links.Select(Link)));
                        AddChoices(parts, text, choices);
                        text = null;
                    }
                    else
                    {
                        text = Join(text, row.AsList().Markdown);
                    }
                    break;
                case MediaBlock media:
                    AddText(parts, text);
                    AddMedia(parts, media);
                    text = null;
                    break;
            }
        }
        AddText(parts, text);
        return parts is [{ Format: null } only] && only.Body == answer ? [new PartBody(null)] : parts;
    }

    private static string Join(string? before, string markdown) => before is null ? markdown : $"{before}\n\n{markdown}";

    private static string Link(AnswerButton link) => new ButtonsBlock([link]).AsList().Markdown["1. ".Length..];

    private static bool Fits(List<AnswerButton> choices)
    {
        var isList = choices.Count > MaxButtons;
        return choices.Count is > 0 and <= MaxRows
            && choices.TrueForAll(c => c.Label.Length <= (isList ? MaxRowLabel : MaxLabel) && c.Payload!.Length <= (isList ? MaxRowId : MaxButtonId))
            // Refused otherwise.
            && choices.DistinctBy(c => c.Label).Count() == choices.Count && choices.DistinctBy(c => c.Payload).Count() == choices.Count;
    }

    private static void AddText(List<PartBody> parts, string? markdown)
    {
        if (markdown is not null)
        {
            AddText(parts, MarkdownText.Parse(markdown).Split(MaxText, WhatsAppMarkup.Length));
        }
    }

    private static void AddText(List<PartBody> parts, IEnumerable<FormattedText> texts)
    {
        foreach (var text in texts)
        {
            parts.Add(new PartBody(WhatsAppMarkup.Render(text), text.Spans.IsEmpty ? null : TextFormat));
        }
    }

    private static void AddChoices(List<PartBody> parts, string? markdown, List<AnswerButton> choices)
    {
        var pieces = markdown is null ? [] : MarkdownText.Parse(markdown).Split(MaxText, WhatsAppMarkup.Length);
        if (pieces.Count > 0)
        {
            pieces = [.. pieces.SkipLast(1), .. pieces[^1].Split(MaxInteractiveText, WhatsAppMarkup.Length)];
            AddText(parts, pieces.SkipLast(1));
        }
        var text = pieces.Count > 0 ? WhatsAppMarkup.Render(pieces[^1]) : NoText;
        var interactive = new JsonObject { ["type"] = choices.Count > MaxButtons ? "list" : "button", ["body"] = new JsonObject { ["text"] = text } };
        interactive["action"] = choices.Count > MaxButtons
            ? new JsonObject
            {
                ["button"] = ListLabel,
                ["sections"] = new JsonArray(new JsonObject { ["rows"] = new JsonArray([.. choices.Select(c => new JsonObject { ["id"] = c.Payload, ["title"] = c.Label })]) }),
            }
            : new JsonObject
            {
                ["buttons"] = new JsonArray([.. choices.Select(c => new JsonObject { ["type"] = "reply", ["reply"] = new JsonObject { ["id"] = c.Payload, ["title"] = c.Label } })]),
            };
        var message = new JsonObject { ["type"] = Interactive, [Interactive] = interactive };
        parts.Add(new PartBody(message.ToJsonString(), MessageFormat, $"{text}\n\n{WhatsAppMarkup.Render(MarkdownText.Parse(new ButtonsBlock(choices).AsList().Markdown))}"));
    }

    private static void AddMedia(List<PartBody> parts, MediaBlock media)
    {
        var type = media.Kind switch
        {
            AttachmentKind.Image => "image",
            AttachmentKind.Audio or AttachmentKind.Voice => "audio",
            AttachmentKind.Video => "video",
            _ => "document",
        };
        var alt = FormattedText.Plain(media.Alt);
        var caption = type != "audio" && WhatsAppMarkup.Length(alt) is > 0 and <= MaxCaption ? WhatsAppMarkup.Render(alt) : null;
        var file = new JsonObject { ["link"] = media.Url.AbsoluteUri };
        if (caption is not null)
        {
            file["caption"] = caption;
        }
        if (type == "document" && Uri.UnescapeDataString(Path.GetFileName(media.Url.AbsolutePath)) is { Length: > 0 and <= 240 } name)
        {
            file["filename"] = name;
        }
        var message = new JsonObject { ["type"] = type, [type] = file };
        parts.Add(new PartBody(message.ToJsonString(), MessageFormat, caption is null ? media.Url.AbsoluteUri : $"{caption}\n{media.Url.AbsoluteUri}"));
        if (caption is null)
        {
            AddText(parts, alt.Split(MaxText, WhatsAppMarkup.Length));
        }
    }
}
