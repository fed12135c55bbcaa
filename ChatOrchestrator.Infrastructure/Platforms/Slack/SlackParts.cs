using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Formatting;

namespace ChatOrchestrator.Infrastructure.Platforms.Slack;

/// <summary>
/// Turns an answer into messages of Slack's: text as mrkdwn, pictures as image blocks, choices as buttons below what stands
/// before them. What Slack cannot carry is a link or a numbered list.
/// </summary>
internal static class SlackParts
{
    /// <summary>The format of a part that is mrkdwn.</summary>
    public const string Mrkdwn = "mrkdwn";

    /// <summary>The format of a part that is <c>{"text", "blocks"}</c>.</summary>
    public const string Blocks = "json:blocks";

    /// <summary>
    /// What a <see href="https://docs.slack.dev/reference/block-kit/blocks/section-block">section</see> holds, in UTF-16 units of the
    /// markup. Text without blocks may have more, but is best kept under 4,000, the most that it can be edited to: one limit
    /// for both, so that buttons find room below any text.
    /// </summary>
    public const int MaxTextLength = 3_000;

    /// <summary>Of one <see href="https://docs.slack.dev/reference/block-kit/blocks/actions-block">row</see>.</summary>
    public const int MaxButtons = 25;

    /// <summary>Of a <see href="https://docs.slack.dev/reference/block-kit/block-elements/button-element">button's</see> text.</summary>
    public const int MaxButtonLabel = 75;

    private const int MaxButtonValue = 2_000;

    /// <summary>Of an address in a block.</summary>
    private const int MaxUrl = 3_000;

    /// <summary>Of the words that stand for a picture.</summary>
    private const int MaxAlt = 2_000;

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static IReadOnlyList<PartBody> Split(string answer)
    {
        List<Draft> drafts = [];
        foreach (var block in AnswerBlocks.Read(answer).Select(Degrade))
        {
            switch (block)
            {
                case TextBlock text:
                    drafts.AddRange(MarkdownText.Parse(text.Markdown).Split(MaxTextLength, part => SlackMrkdwn.Render(part).Length).Select(part => new Draft(part, null)));
                    break;
                case MediaBlock image:
                    drafts.Add(new Draft(FormattedText.Empty, image));
                    break;
                case ButtonsBlock buttons when drafts is [.., { Buttons: null }]:
                    drafts[^1] = drafts[^1] with { Buttons = buttons };
                    break;
                case ButtonsBlock buttons:
                    drafts.Add(new Draft(FormattedText.Empty, null, buttons));
                    break;
            }
        }
        var bodies = new PartBody[drafts.Count];
        for (var i = 0; i < bodies.Length; i++)
        {
            bodies[i] = BodyOf(drafts[i], bodies.Length == 1 ? answer : null);
        }
        return bodies;
    }

    /// <summary>The first text of an answer in the making; null: there is none yet.</summary>
    public static PartBody? First(string text)
    {
        if (AnswerBlocks.Read(UnfinishedMarkdown.Close(text)) is not [TextBlock first, ..] || MarkdownText.Parse(first.Markdown).Split(MaxTextLength, part => SlackMrkdwn.Render(part).Length) is not [var shown, ..])
        {
            return null;
        }
        var body = BodyOf(new Draft(shown, null), null);
        return body.Body is null ? body with { Body = shown.Text } : body;
    }

    private static AnswerBlock Degrade(AnswerBlock block) => block switch
    {
        MediaBlock { Kind: AttachmentKind.Image, Url.AbsoluteUri.Length: <= MaxUrl } image when LabelOf(image).Length <= MaxAlt => block,
        MediaBlock media => new TextBlock(new AnswerButton(LabelOf(media), null, media.Url).AsMarkdown()),
        ButtonsBlock buttons when buttons.Buttons.Count > MaxButtons || buttons.Buttons.Any(b =>
            b.Label.Length > MaxButtonLabel || b.Payload?.Length > MaxButtonValue || b.Url?.AbsoluteUri.Length > MaxUrl) => buttons.AsList(),
        _ => block,
    };

    /// <param name="answer">The whole answer, when this is all of it: what is the same is not stored twice.</param>
    private static PartBody BodyOf(Draft draft, string? answer)
    {
        if (draft is { Image: null, Buttons: null })
        {
            return draft.Text.Spans.IsEmpty
                ? new PartBody(draft.Text.Text == answer ? null : draft.Text.Text)
                : new PartBody(SlackMrkdwn.Render(draft.Text), Mrkdwn, PlainText.Render(draft.Text));
        }
        var plain = new StringBuilder();
        if (draft.Image is { } image)
        {
            plain.Append(LabelOf(image)).Append(" (").Append(image.Url.AbsoluteUri).Append(')');
        }
        else
        {
            plain.Append(PlainText.Render(draft.Text));
        }
        if (draft.Buttons is { } buttons)
        {
            plain.Append(plain.Length == 0 ? "" : "\n\n").Append(PlainText.Render(MarkdownText.Parse(buttons.AsList().Markdown)));
        }
        return new PartBody(JsonOf(draft, plain.ToString()), Blocks, plain.ToString());
    }

    private static string JsonOf(Draft draft, string plain)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, Relaxed))
        {
            json.WriteStartObject();
            // What notifications and screen readers take in place of the blocks.
            json.WriteString("text", draft.Text.IsEmpty ? SlackMrkdwn.Escape(plain) : SlackMrkdwn.Render(draft.Text));
            json.WriteStartArray("blocks");
            if (draft.Image is { } image)
            {
                json.WriteStartObject();
                json.WriteString("type", "image");
                json.WriteString("image_url", image.Url.AbsoluteUri);
                json.WriteString("alt_text", LabelOf(image));
                json.WriteEndObject();
            }
            else if (!draft.Text.IsEmpty)
            {
                json.WriteStartObject();
                json.WriteString("type", "section");
                json.WriteStartObject("text");
                json.WriteString("type", "mrkdwn");
                json.WriteString("text", SlackMrkdwn.Render(draft.Text));
                json.WriteEndObject();
                json.WriteBoolean("expand", true);
                json.WriteEndObject();
            }
            if (draft.Buttons is { } buttons)
            {
                WriteButtons(json, buttons);
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void WriteButtons(Utf8JsonWriter json, ButtonsBlock buttons)
    {
        json.WriteStartObject();
        json.WriteString("type", "actions");
        json.WriteStartArray("elements");
        for (var i = 0; i < buttons.Buttons.Count; i++)
        {
            var button = buttons.Buttons[i];
            json.WriteStartObject();
            json.WriteString("type", "button");
            json.WriteString("action_id", $"{(button.Url is null ? SlackInteractionReader.ReplyAction : SlackInteractionReader.LinkAction)}{i}");
            json.WriteStartObject("text");
            json.WriteString("type", "plain_text");
            json.WriteString("text", button.Label);
            json.WriteBoolean("emoji", true);
            json.WriteEndObject();
            if (button.Url is { } url)
            {
                json.WriteString("url", url.AbsoluteUri);
            }
            else
            {
                json.WriteString("value", button.Payload);
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string LabelOf(MediaBlock media)
    {
        if (!VisibleText.IsBlank(media.Alt))
        {
            return media.Alt;
        }
        var name = Uri.UnescapeDataString(Path.GetFileName(media.Url.AbsolutePath));
        return VisibleText.IsBlank(name) ? media.Url.Host : name;
    }

    private sealed record Draft(FormattedText Text, MediaBlock? Image, ButtonsBlock? Buttons = null);
}
