using ChatOrchestrator.Infrastructure.Formatting;
using ChatOrchestrator.Simulator.Discord;
using ChatOrchestrator.Tests.Fixtures;
using CsCheck;

namespace ChatOrchestrator.Tests.Formatting;

/// <summary>What is written for Discord reads, by its client's rules, as the text it was made from.</summary>
public sealed class DiscordMarkdownTests
{
    private static readonly Gen<string> Piece = Gen.Frequency(
        (10, Gen.Int[0, 999].Select(n => $"w{n}w")),
        (4, Gen.OneOf(" ", " ", "\n", "\n\n", "  ")),
        (6, Gen.OneOf("*", "**", "***", "_", "__", "`", "``", "```", "~~", "~", "||", "[", "]", "(", ")", "#", ">", "- ", "1. ", "\\", ":", "@", "<@123>", ":smile:", "@everyone", "<#1>")),
        (4, Gen.OneOf("[l](https://x.org/a_(b)*c*~d~)", "[a [b] c](https://y.org)", "<https://z.org>", "https://q.org/?a=1&b=_2_", "[https://p.org](https://q.org)", "[x](tg://y)")),
        (4, Gen.OneOf("\n> ", "\n- ", "\n1. ", "\n- [x] ", "\n# ", "\n---\n", "\n```\n", "\n```c#\n", "\n~~~~\n", "\n    ", "*a*", "**b**", "***c***", "~~d~~", "`e`", "**a *b***", "*a **b***")),
        (2, Gen.OneOf("\n\n| a | b |\n|---|:-:|\n| ", " | ", " |\n| ", "|")),
        (3, Gen.OneOf("👨‍👩‍👧‍👦", "e\u0301", "שלום", "𝄞", "日本語。", "\u00A0", ".!-=+#{}|()")));

    private static readonly Gen<string> Markdown = Piece.Array[0, 40].Select(string.Concat);

    [Theory]
    [InlineData("# Title\n\n**bold** *it* ~~no~~ `code`", "**Title**\n\n**bold** *it* ~~no~~ `code`")]
    [InlineData("2 * 3 * 4 and snake_case", "2 \\* 3 \\* 4 and snake\\_case")]
    [InlineData("```cs\nvar x = 1;\n```", "```cs\nvar x = 1;\n```")]
    [InlineData("[docs](https://x.org/a)", "[docs](<https://x.org/a>)")]
    [InlineData("See https://x.org/a_b now", "See https://x.org/a_b now")]
    [InlineData("> quoted\n> lines", "> quoted\n> lines")]
    [InlineData("a `x``y` b", "a ``x`\u200B`y`` b")]
    [InlineData("I said: @everyone", "I said: \\@everyone")]
    [InlineData("[l](https://x.org) ends](tg://y)", "l (<https://x.org>) ends](tg://y)")]
    [InlineData("10. not a list", "10\\. not a list")]
    public void Renders(string markdown, string expected) => DiscordMarkdown.Render(MarkdownText.Parse(markdown)).ShouldBe(expected);

    [Fact]
    public void It_reads_as_the_text_it_was_made_from() => Markdown.Sample(
        markdown =>
        {
            var text = MarkdownText.Parse(markdown);
            Check(text);
        },
        iter: Samples.Of(3_000));

    [Fact]
    public void Parts_fit_read_well_and_leave_nothing_out() => Gen.Select(Markdown, Gen.Int[60, 200]).Sample(
        (markdown, limit) =>
        {
            var text = MarkdownText.Parse(markdown);
            foreach (var part in text.Split(limit, DiscordMarkdown.Measure))
            {
                (DiscordMarkdown.Measure(part) <= limit || TextLength.CodePoints(part.Text) == 1).ShouldBeTrue();
                Check(part);
            }
        },
        iter: Samples.Of(3_000));

    private static void Check(FormattedText text)
    {
        var markup = DiscordMarkdown.Render(text);
        var read = DiscordMarkup.Read(markup);
        WithoutAddresses(text, Dense(read.Text)).ShouldBe(WithoutAddresses(text, Dense(text.Text)), markup);
        foreach (var link in text.Spans.ToArray().Where(s => s.Kind == SpanKind.Link))
        {
            (Dense(read.Text).Contains(Dense(link.Argument!), StringComparison.Ordinal) || read.Entities.Any(e => e.Url is not null && Dense(e.Url) == Dense(link.Argument!))).ShouldBeTrue(markup);
        }
        read.Entities.ShouldAllBe(e => e.Type != "heading" && e.Type != "list" && e.Type != "mention" && e.Type != "custom_emoji" && e.Type != "spoiler" && e.Type != "underline", markup);
        foreach (var (kind, type) in new[] { (SpanKind.Bold, "bold"), (SpanKind.Italic, "italic"), (SpanKind.Strikethrough, "strikethrough"), (SpanKind.Code, "code"), (SpanKind.Pre, "pre"), (SpanKind.BlockQuote, "blockquote") })
        {
            // An address beside its label stands inside or outside of what is around the label: it is left out of both.
            var expected = WithoutAddresses(text, string.Concat(text.Spans.ToArray().Where(s => s.Kind == kind).Select(s => Dense(text.Text.Substring(s.Offset, s.Length)))));
            var found = WithoutAddresses(text, string.Concat(read.Entities.Where(e => e.Type == type).Select(e => Dense(read.Text.Substring(e.Offset, e.Length)))));
            found.ShouldBe(expected, $"{kind} in {markup}");
        }
    }

    private static string WithoutAddresses(FormattedText text, string dense) => text.Spans.ToArray().Where(s => s.Kind == SpanKind.Link)
        .Aggregate(dense, (seen, link) => seen.Replace($"({Dense(link.Argument!)})", "", StringComparison.Ordinal));

    /// <summary>Without blanks and invisible characters; addresses as they were before they were encoded.</summary>
    private static string Dense(string text) =>
        string.Concat(Uri.UnescapeDataString(text).Where(c => !char.IsWhiteSpace(c) && !StyledText.IsInvisible(c)));
}
