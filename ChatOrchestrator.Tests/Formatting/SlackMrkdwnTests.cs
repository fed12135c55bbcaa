using ChatOrchestrator.Infrastructure.Formatting;
using ChatOrchestrator.Tests.Fixtures;
using CsCheck;

namespace ChatOrchestrator.Tests.Formatting;

public sealed class SlackMrkdwnTests
{
    private const char Edge = '\u200B';

    private static readonly Gen<string> Piece = Gen.Frequency(
        (6, Gen.Int[0, 999].Select(number => $"w{number}w")),
        (6, Gen.OneOf(" ", "\n", "\n\n", ". ", "  \n", "\t", "\\", "    ", "\r\n")),
        (6, Gen.OneOf("*", "**", "_", "__", "~~", "`", "``", "***", "~")),
        (4, Gen.OneOf("[", "]", "](https://x.org/a_(b))", "](https://y.org/?a|b=<c>&d \"t\")", "<https://z.org>", "<br>", "<", ">", "&", "&amp;", "&lt;", "https://q.org/?a=1&b=_2_")),
        (4, Gen.OneOf("\n> ", "\n- ", "\n1. ", "\n# ", "\n---\n", "\n```\n", "\n```c#\n", "\n~~~~\n", "\n  - ", "\n    ", "\n>> ")),
        (2, Gen.OneOf("\n\n| a | b |\n|---|:-:|\n| ", " | ", " |\n| ", "|")),
        (3, Gen.OneOf("👨‍👩‍👧‍👦", "e\u0301", "שלום", "日本語。", "\u202E", "\u00A0", "👋🏽", "\u0301", "\u200B", "snake_case_name", "a*b*c", ".!-=+#{}|()", "<@U123>", "<!here>")));

    private static readonly Gen<string> Markdown = Gen.OneOf(Piece.Array[0, 60].Select(string.Concat), Gen.String[0, 300]);

    [Theory]
    [InlineData("Just text, 2 * 3 * 4 and snake_case_name.", "Just text, 2 * 3 * 4 and snake_case_name.")]
    [InlineData("**bold** *italic* ~~gone~~ `code`", "*bold* _italic_ ~gone~ `code`")]
    [InlineData("***both***", "*_both_*")]
    [InlineData("a < b & c > d", "a &lt; b &amp; c &gt; d")]
    [InlineData("<@U123> \\<!channel> @here", "&lt;@U123&gt; &lt;!channel&gt; @here")]
    [InlineData("[the *big* page](https://example.com/?a=1&b=2)", "<https://example.com/?a=1&amp;b=2|the> _<https://example.com/?a=1&amp;b=2|big>_ <https://example.com/?a=1&amp;b=2|page>")]
    [InlineData("**[all](https://x.org)**", "*<https://x.org|all>*")]
    [InlineData("> quoted\n> **twice**", ">quoted\n>*twice*")]
    public void Markdown_becomes_mrkdwn(string markdown, string mrkdwn) => Plain(SlackMrkdwn.Render(MarkdownText.Parse(markdown))).ShouldBe(mrkdwn);

    [Theory]
    [InlineData("foo**bar**baz", "foo\u200b*bar*\u200bbaz")]
    [InlineData("**bar**, (*x*).", "*bar*, (_x_).")]
    [InlineData("日**本**語", "日\u200b*本*\u200b語")]
    [InlineData(@"\*not bold\*", "\u200b*\u200bnot bold\u200b*\u200b")]
    [InlineData(@"\> no quote", "\u200b&gt; no quote")]
    public void An_invisible_character_makes_an_edge_or_takes_one_away(string markdown, string mrkdwn) =>
        SlackMrkdwn.Render(MarkdownText.Parse(markdown)).ShouldBe(mrkdwn);

    [Fact]
    public void A_block_of_code_stands_on_its_own_lines() =>
        SlackMrkdwn.Render(MarkdownText.Parse("So:\n\n```csharp\nif (a < b) { `x` ``` }\n```\n\nDone.")).ShouldContain("```\nif (a &lt; b) { `x` `\u200b`\u200b` }\n```");

    [Fact]
    public void Mrkdwn_is_well_formed_and_says_what_the_text_says() => Markdown.Sample(
        markdown => Check(MarkdownText.Parse(markdown)),
        iter: Samples.Of(3_000));

    [Fact]
    public void Parts_fit_and_are_well_formed() => Gen.Select(Markdown, Gen.Int[150, 400]).Sample(
        (markdown, limit) =>
        {
            foreach (var part in MarkdownText.Parse(markdown).Split(limit, part => SlackMrkdwn.Render(part).Length))
            {
                (part.Text.Length <= 2 || SlackMrkdwn.Render(part).Length <= limit).ShouldBeTrue();
                Check(part);
            }
        },
        iter: Samples.Of(1_000));

    private static void Check(FormattedText text)
    {
        var mrkdwn = SlackMrkdwn.Render(text);
        var parsed = SlackMrkdwnParser.Parse(mrkdwn);
        Dense(parsed.Text).ShouldBe(Dense(text.Text), mrkdwn);
        Comparable(parsed).ShouldBe(Comparable(StyledText.Of(Carried(text))), mrkdwn);
    }

    /// <summary>What mrkdwn can carry of the formats: no language, no code with a backtick in it.</summary>
    private static FormattedText Carried(FormattedText text) => new(text.Text, [.. text.Spans.ToArray()
        .Where(s => s.Kind != SpanKind.Code || !text.Text.AsSpan(s.Offset, s.Length).Contains('`'))
        .Select(s => s.Kind == SpanKind.Pre ? s with { Argument = null } : s.Kind == SpanKind.Link ? s with { Argument = Encoded(s.Argument!) } : s)]);

    private static string Encoded(string url) =>
        url.Replace("<", "%3C", StringComparison.Ordinal).Replace(">", "%3E", StringComparison.Ordinal).Replace("|", "%7C", StringComparison.Ordinal);

    /// <summary>Without the delimiters: at the edge of a format they stand outside.</summary>
    private static string Comparable(StyledText text) => string.Join('\n', text.Visible().Split('\n').Where(line => line is not ['*' or '_' or '~' or '`', ..]));

    private static string Dense(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c) && !StyledText.IsInvisible(c)));

    private static string Plain(string mrkdwn) => mrkdwn.Replace(Edge.ToString(), "", StringComparison.Ordinal);
}
