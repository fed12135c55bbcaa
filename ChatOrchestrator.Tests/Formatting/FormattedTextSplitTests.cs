using System.Globalization;
using ChatOrchestrator.Infrastructure.Formatting;

namespace ChatOrchestrator.Tests.Formatting;

public sealed class FormattedTextSplitTests
{
    [Theory]
    [InlineData("one one.\n\ntwo two.\nthree", 13, "one one.|two two.|three")]
    [InlineData("one two. three\nfour five", 17, "one two. three|four five")]
    [InlineData("One two. Three four", 14, "One two.|Three four")]
    [InlineData("one two three", 9, "one two|three")]
    [InlineData("aaaaaaaaaa", 4, "aaaa|aaaa|aa")]
    [InlineData("He said \"yes.\" Then he left", 20, "He said \"yes.\"|Then he left")]
    [InlineData("今日は。明日は。また", 6, "今日は。|明日は。また")]
    [InlineData("a          b", 5, "a|b")]
    [InlineData("exactly ten", 11, "exactly ten")]
    [InlineData("a\u00A0b c\u00A0d", 5, "a\u00A0b|c\u00A0d")]
    public void Parts_end_at_the_best_place(string text, int limit, string parts) =>
        string.Join('|', FormattedText.Plain(text).Split(limit).Select(part => part.Text)).ShouldBe(parts);

    [Fact]
    public void A_first_short_paragraph_does_not_make_a_part_of_its_own()
    {
        string text = "Hi.\n\n" + string.Concat(Enumerable.Repeat("word ", 30)).Trim();

        FormattedText.Plain(text).Split(100)[0].Text.Length.ShouldBeGreaterThan(80);
    }

    [Theory]
    [InlineData("👨‍👩‍👧‍👦", 2)]
    [InlineData("🇩🇪🇫🇷", 1)]
    [InlineData("👋🏽", 3)]
    [InlineData("e\u0301\u0302", 3)]
    [InlineData("नि", 1)]
    public void Clusters_stay_whole(string cluster, int times)
    {
        string text = string.Concat(Enumerable.Repeat(cluster, times * 10));
        int limit = cluster.Length + 1;

        IReadOnlyList<FormattedText> parts = FormattedText.Plain(text).Split(limit);

        parts.Max(part => part.Text.Length).ShouldBeLessThanOrEqualTo(limit);
        parts.Sum(part => Clusters(part.Text)).ShouldBe(Clusters(text));
        string.Concat(parts.Select(part => part.Text)).ShouldBe(text);

        static int Clusters(string text) => new StringInfo(text).LengthInTextElements;
    }

    [Fact]
    public void A_cluster_longer_than_the_limit_is_cut_between_code_points() =>
        FormattedText.Plain("👨‍👩‍👧").Split(3).Select(part => part.Text).ShouldBe(["👨\u200D", "👩\u200D", "👧"]);

    [Fact]
    public void A_combining_mark_on_a_space_keeps_its_space() =>
        FormattedText.Plain("abc \u0301def").Split(4).Select(part => part.Text).ShouldBe(["abc", " \u0301de", "f"]);

    [Fact]
    public void A_code_block_is_closed_and_opened_again_with_its_language()
    {
        FormattedText text = MarkdownText.Parse("Look at this:\n\n```python\ndef f():\n    return 1\n\n\ndef g():\n    return 2\n```\n\nDone.");

        text.Split(24).Select(TelegramHtml.Render).ShouldBe([
            "Look at this:",
            "<pre><code class=\"language-python\">def f():\n    return 1</code></pre>",
            "<pre><code class=\"language-python\">def g():\n    return 2</code></pre>",
            "Done."]);
    }

    [Fact]
    public void Indentation_at_a_cut_within_code_is_kept() =>
        MarkdownText.Parse("```\nif a:\n    b()\n    c()\n```").Split(12).Select(TelegramMarkdownV2.Render)
            .ShouldBe(["```\nif a:```", "```\n    b()```", "```\n    c()```"]);

    [Fact]
    public void Styles_and_links_go_on_in_the_next_part() =>
        MarkdownText.Parse("**[one two](https://x.org) three**").Split(6).Select(TelegramHtml.Render).ShouldBe([
            "<b><a href=\"https://x.org\">one</a></b>",
            "<b><a href=\"https://x.org\">two</a></b>",
            "<b>three</b>"]);

    [Fact]
    public void A_limit_on_the_markup_is_kept_by_measuring_what_is_rendered()
    {
        FormattedText text = MarkdownText.Parse(string.Concat(Enumerable.Repeat("**a&b** `c<d` [e](https://x.org) f\n\n", 50)));

        IReadOnlyList<FormattedText> parts = text.Split(200, part => TextLength.Utf8Bytes(TelegramHtml.Render(part)));

        parts.Count.ShouldBeInRange(20, 40);
        parts.ShouldAllBe(part => TelegramHtml.Render(part).Length <= 200);
    }

    [Fact]
    public void A_part_whose_markup_alone_exceeds_the_limit_goes_without_it() =>
        MarkdownText.Parse("[ab](https://example.org/a/long/address)").Split(20, part => TelegramHtml.Render(part).Length)
            .Select(TelegramHtml.Render).ShouldBe(["a", "b"]);

    [Fact]
    public void Telegram_parts_fit_even_without_markup_and_keep_to_the_number_of_entities()
    {
        FormattedText text = MarkdownText.Parse(string.Concat(Enumerable.Repeat("*a* [b](https://example.org/c) ", 400)));

        IReadOnlyList<FormattedText> parts = text.Split(TelegramLimits.MaxTextLength, TelegramLimits.Measure);

        parts.Max(part => part.Spans.Length).ShouldBe(100);
        parts.Max(part => PlainText.Render(part).Length).ShouldBeLessThanOrEqualTo(4096);
        parts.Count.ShouldBe(8);
    }

    [Theory]
    [InlineData("é👍", 2, 3, 6)]
    public void Units_are_counted_as_the_platforms_do(string text, int codePoints, int utf16, int utf8)
    {
        TextLength.CodePoints(text).ShouldBe(codePoints);
        TextLength.Utf16Units(text).ShouldBe(utf16);
        TextLength.Utf8Bytes(text).ShouldBe(utf8);
    }

    [Fact]
    public void Code_point_limits_may_hold_more_than_as_many_UTF_16_units() =>
        FormattedText.Plain("👍👍👍👍👍").Split(2, part => TextLength.CodePoints(part.Text)).Select(part => part.Text)
            .ShouldBe(["👍👍", "👍👍", "👍"]);

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_limit_below_one_is_refused(int limit) =>
        Should.Throw<ArgumentOutOfRangeException>(() => FormattedText.Plain("a").Split(limit));
}
