using System.Text.Json.Nodes;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Formatting;

namespace ChatOrchestrator.Infrastructure.Platforms.Discord;

/// <summary>
/// Turns an answer into messages of Discord's size. A part is the text of a message in Discord's Markdown, or, with
/// buttons or pictures, the message as JSON with the same as text beside it.
/// </summary>
internal static class DiscordParts
{
    /// <summary>The format of a part that is text.</summary>
    public const string Markdown = "markdown";

    /// <summary>The format of a part that is a message as JSON, without what belongs to sending it.</summary>
    public const string Json = "json";

    private const int MaxEmbeds = 10;
    private const int MaxEmbedDescription = 4096;

    public static IReadOnlyList<PartBody> Split(string answer)
    {
        var drafts = new List<Draft>();
        foreach (var block in Carriable(AnswerBlocks.Read(answer)))
        {
            switch (block)
            {
                case TextBlock text:
                    drafts.AddRange(MarkdownText.Parse(text.Markdown).Split(DiscordMarkdown.MaxLength, DiscordMarkdown.Measure)
                        .Select(part => new Draft { Content = DiscordMarkdown.Render(part) }));
                    break;
                case ButtonsBlock buttons:
                    Add(drafts, buttons);
                    break;
                case MediaBlock { Kind: AttachmentKind.Image } image:
                    Add(drafts, image);
                    break;
                case MediaBlock media:
                    drafts.AddRange(Texts(LinkTo(media)));
                    break;
                default:
                    throw new InvalidOperationException($"There is no rule for {block.GetType().Name}.");
            }
        }
        return drafts.ConvertAll(draft => draft.ToBody(drafts.Count == 1 ? answer : null));
    }

    /// <summary>The first message of an answer that is not finished; null: nothing to be seen yet, or no text.</summary>
    public static PartBody? First(string text)
    {
        if (AnswerBlocks.Read(UnfinishedMarkdown.Close(text))[0] is not TextBlock block)
        {
            return null;
        }
        var parts = MarkdownText.Parse(block.Markdown).Split(DiscordMarkdown.MaxLength, DiscordMarkdown.Measure);
        return parts.Count == 0 ? null : new PartBody(DiscordMarkdown.Render(parts[0]), Markdown);
    }

    /// <summary>What Discord cannot carry becomes text, together with the text around it.</summary>
    private static List<AnswerBlock> Carriable(IReadOnlyList<AnswerBlock> blocks)
    {
        var carried = new List<AnswerBlock>();
        foreach (var block in blocks)
        {
            var next = block switch
            {
                ButtonsBlock buttons when !DiscordButtons.Fit(buttons) || ListOf(buttons).Length > DiscordMarkdown.MaxLength => buttons.AsList(),
                _ => block,
            };
            if (next is TextBlock text && carried.Count > 0 && carried[^1] is TextBlock before)
            {
                carried[^1] = new TextBlock($"{before.Markdown}\n\n{text.Markdown}");
            }
            else
            {
                carried.Add(next);
            }
        }
        return carried;
    }

    /// <summary>Buttons stand under the text before them, as long as both still fit when the buttons have to become a list.</summary>
    private static void Add(List<Draft> drafts, ButtonsBlock buttons)
    {
        var list = ListOf(buttons);
        if (drafts.Count == 0 || drafts[^1] is not { Buttons: null, Images.Count: 0 } last || last.Content.Length + 2 + list.Length > DiscordMarkdown.MaxLength)
        {
            drafts.Add(last = new Draft());
        }
        last.Buttons = buttons;
    }

    private static void Add(List<Draft> drafts, MediaBlock image)
    {
        if (drafts.Count == 0 || drafts[^1] is not { Buttons: null, Content: "", Images: { Count: > 0 and < MaxEmbeds } images } last
            || images.Sum(i => LinkTo(i).Length + 1) + LinkTo(image).Length > DiscordMarkdown.MaxLength)
        {
            drafts.Add(last = new Draft());
        }
        last.Images.Add(image);
    }

    private static IEnumerable<Draft> Texts(string text) =>
        text.Length <= DiscordMarkdown.MaxLength
            ? [new Draft { Content = text }]
            : FormattedText.Plain(text).Split(DiscordMarkdown.MaxLength).Select(part => new Draft { Content = part.Text });

    private static string ListOf(ButtonsBlock buttons) => DiscordMarkdown.Render(MarkdownText.Parse(buttons.AsList().Markdown));

    /// <summary>The bare address, so that Discord shows what is behind it where it can.</summary>
    private static string LinkTo(MediaBlock media) =>
        VisibleText.IsBlank(media.Alt) ? media.Url.AbsoluteUri : $"{DiscordMarkdown.Render(FormattedText.Plain(media.Alt))}\n{media.Url.AbsoluteUri}";

    private sealed class Draft
    {
        public string Content { get; init; } = "";

        public ButtonsBlock? Buttons { get; set; }

        public List<MediaBlock> Images { get; } = [];

        /// <param name="answer">The whole answer, when this is all of it: what is the same is not stored twice.</param>
        public PartBody ToBody(string? answer)
        {
            if (Buttons is null && Images.Count == 0)
            {
                return Content == answer ? new PartBody(null) : new PartBody(Content, Markdown);
            }
            var message = new JsonObject();
            var plain = Content;
            if (Content.Length > 0)
            {
                message["content"] = Content;
            }
            if (Buttons is not null)
            {
                message["components"] = DiscordButtons.Components(Buttons);
                plain = plain.Length == 0 ? ListOf(Buttons) : $"{plain}\n\n{ListOf(Buttons)}";
            }
            if (Images.Count > 0)
            {
                message["embeds"] = new JsonArray([.. Images.Select(Embed)]);
                plain = string.Join('\n', Images.Select(LinkTo));
            }
            return new PartBody(message.ToJsonString(), Json, plain);
        }

        private static JsonObject Embed(MediaBlock image)
        {
            var embed = new JsonObject { ["image"] = new JsonObject { ["url"] = image.Url.AbsoluteUri } };
            if (!VisibleText.IsBlank(image.Alt) && DiscordMarkdown.Render(FormattedText.Plain(image.Alt)) is { Length: <= MaxEmbedDescription } alt)
            {
                embed["description"] = alt;
            }
            return embed;
        }
    }
}
