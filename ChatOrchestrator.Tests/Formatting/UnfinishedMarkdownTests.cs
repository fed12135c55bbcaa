using ChatOrchestrator.Infrastructure.Formatting;
using ChatOrchestrator.Tests.Fixtures;
using CsCheck;

namespace ChatOrchestrator.Tests.Formatting;

/// <summary>What is shown of an answer that is still being written.</summary>
public sealed class UnfinishedMarkdownTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("A plain line", "A plain line")]
    [InlineData("a **bol", "a **bol**")]
    [InlineData("a **", "a")]
    [InlineData("a **bold** word", "a **bold** word")]
    [InlineData("use `cod", "use `cod`")]
    [InlineData("see [the pa", "see")]
    [InlineData("see [the page](https://exam", "see")]
    [InlineData("see [the page](https://example.org)", "see [the page](https://example.org)")]
    [InlineData("Look:\n\n![A cha", "Look:\n\n")]
    [InlineData("Well?\n\n[Yes](reply:yes) [No](rep", "Well?\n\n[Yes](reply:yes)")]
    [InlineData("**done**\n\nnext *", "**done**\n\nnext")]
    [InlineData("```\nint x = a[", "```\nint x = a[")]
    [InlineData("```\nint x;\n``", "```\nint x;\n")]
    public void What_is_open_is_closed_or_left_out(string written, string shown) => UnfinishedMarkdown.Close(written).ShouldBe(shown);

    [Fact]
    public void No_beginning_of_an_answer_shows_half_a_link()
    {
        const string Answer = "# Title\n\nSome **bold** and `code`, a [link](https://example.org/a_b) here.\n\n```js\nx[0] = `y`;\n```\n\n![Chart](https://example.org/c.png)\n\nWell?\n\n[Yes](reply:yes) [No](reply:no)";
        for (var i = 0; i <= Answer.Length; i++)
        {
            var seen = string.Concat(AnswerBlocks.Read(UnfinishedMarkdown.Close(Answer[..i])).OfType<TextBlock>().Select(b => PlainText.Render(MarkdownText.Parse(b.Markdown))));
            seen.ShouldNotContain("](");
            seen.ShouldNotContain("![");
            seen.ShouldNotContain("**");
        }
    }

    [Fact]
    public void Nothing_is_too_odd()
    {
        Gen.OneOf("*", "_", "`", "[", "]", "(", ")", "!", "\n", " ", "a", "\\", "~", "```", "\r", "é", "😀").Array[0, 40].Sample(
            pieces =>
            {
                var text = string.Concat(pieces);
                UnfinishedMarkdown.Close(text).Length.ShouldBeLessThanOrEqualTo(text.Length + 2);
            },
            iter: Samples.Of(5_000));
    }
}
