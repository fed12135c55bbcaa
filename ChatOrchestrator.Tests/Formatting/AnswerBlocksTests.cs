using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Formatting;
using CsCheck;

namespace ChatOrchestrator.Tests.Formatting;

public class AnswerBlocksTests
{
    [Theory]
    [InlineData("Just text.")]
    [InlineData("See [this](https://example.com) and ![that](https://example.com/a.png) in one line.")]
    [InlineData("```\n![code](https://example.com/a.png)\n\n[Yes](reply:yes)\n```")]
    [InlineData("[a](https://example.com) [b](https://example.com)")]
    [InlineData("![local](file:///etc/passwd)")]
    [InlineData("![x](javascript:alert(1))")]
    [InlineData("[Yes](reply:yes) or no")]
    public void What_has_no_paragraph_of_its_own_stays_text(string answer) =>
        AnswerBlocks.Read(answer).ShouldBe([new TextBlock(answer)]);

    [Fact]
    public void Text_media_and_buttons_come_in_their_order()
    {
        var blocks = AnswerBlocks.Read("""
            # Shoes

            Which **size**?

            ![The red pair](https://example.com/shoes/red.jpg)

            [Small](reply:s) [Not sure](reply:) [<Large>](<reply:size large>)
            [Our *sizes*](https://example.com/sizes)

            Tell me.
            """.Replace("\r", ""));

        blocks.Count.ShouldBe(4);
        blocks[0].ShouldBe(new TextBlock("# Shoes\n\nWhich **size**?"));
        blocks[1].ShouldBe(new MediaBlock(AttachmentKind.Image, new Uri("https://example.com/shoes/red.jpg"), "The red pair"));
        blocks[2].ShouldBeOfType<ButtonsBlock>().Buttons.ShouldBe(
        [
            new AnswerButton("Small", "s", null),
            new AnswerButton("Not sure", "Not sure", null),
            new AnswerButton("<Large>", "size large", null),
            new AnswerButton("Our sizes", null, new Uri("https://example.com/sizes")),
        ]);
        blocks[3].ShouldBe(new TextBlock("Tell me."));
    }

    [Theory]
    [InlineData("![](https://example.com/a.png)", AttachmentKind.Image)]
    [InlineData("![](https://example.com/a)", AttachmentKind.Image)]
    [InlineData("![](https://example.com/a.pdf?b=c.png)", AttachmentKind.Document)]
    [InlineData("![](https://example.com/a.MP3)", AttachmentKind.Audio)]
    [InlineData("![](https://example.com/a.ogg)", AttachmentKind.Voice)]
    [InlineData("![](https://example.com/a.mp4)", AttachmentKind.Video)]
    [InlineData("![](https://example.com/a \"document\")", AttachmentKind.Document)]
    public void The_ending_or_the_title_says_what_it_is(string answer, AttachmentKind kind) =>
        AnswerBlocks.Read(answer).ShouldHaveSingleItem().ShouldBeOfType<MediaBlock>().Kind.ShouldBe(kind);

    [Fact]
    public void A_paragraph_of_several_images_shows_each() =>
        AnswerBlocks.Read("![1](https://example.com/1.png)\n![2](https://example.com/2.png)").Count.ShouldBe(2);

    [Fact]
    public void Buttons_become_a_numbered_list_where_there_are_none()
    {
        var row = new ButtonsBlock([new("1. *Yes*", "y", null), new("Terms [new]", null, new Uri("https://example.com/t_c"))]);

        var shown = MarkdownText.Parse(row.AsList().Markdown);

        shown.Text.ShouldContain("1. *Yes*");
        shown.Text.ShouldContain("Terms [new]");
    }

    [Fact]
    public void Whatever_the_answer_nothing_throws_and_no_text_is_lost()
    {
        var piece = Gen.OneOf("a", " ", "\n", "\n\n", "![x](https://e.x/a.png)", "[y](reply:y)", "[z](https://e.x)", "```", "> ", "- ", "|", "\\", "]", "![", "(reply:", "\r\n");
        piece.Array[0, 30].Select(pieces => string.Concat(pieces)).Sample(answer =>
        {
            var blocks = AnswerBlocks.Read(answer);
            var plain = string.Concat(answer.Where(c => c == 'a')).Length - (answer.Split("a.png").Length - 1);
            var kept = blocks.OfType<TextBlock>().Sum(b => b.Markdown.Count(c => c == 'a') - (b.Markdown.Split("a.png").Length - 1));
            return kept == plain;
        });
    }
}
