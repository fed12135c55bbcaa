using System.Diagnostics;
using ChatOrchestrator.Infrastructure.Formatting;

namespace ChatOrchestrator.Tests.Formatting;

public sealed class MarkdownTextTests
{
    [Theory]
    [InlineData("**bold** and *italic*", "<b>bold</b> and <i>italic</i>")]
    [InlineData("***both***", "<b><i>both</i></b>")]
    [InlineData("~~gone~~", "<s>gone</s>")]
    [InlineData("snake_case_name", "snake_case_name")]
    [InlineData("`a < b`", "<code>a &lt; b</code>")]
    [InlineData("**bold `code` bold**", "<b>bold</b> <code>code</code> <b>bold</b>")]
    [InlineData("# Title\ntext", "<b>Title</b>\n\ntext")]
    [InlineData("Title\n===\ntext", "<b>Title</b>\n\ntext")]
    [InlineData("one\ntwo  \nthree", "one\ntwo\nthree")]
    [InlineData("one\r\n\r\n\r\ntwo", "one\n\ntwo")]
    [InlineData("1 < 2 & 3 > 2 \"q\"", "1 &lt; 2 &amp; 3 &gt; 2 &quot;q&quot;")]
    [InlineData("&copy; &lt;b&gt; \\*no\\*", "© &lt;b&gt; *no*")]
    [InlineData("****", "──────────")]
    [InlineData("#", "#")]
    [InlineData("a\n\n---\n\nb", "a\n\n──────────\n\nb")]
    [InlineData("x<br>y", "x\ny")]
    [InlineData("<u>x</u>", "&lt;u&gt;x&lt;/u&gt;")]
    [InlineData("<div>\n**raw**\n</div>", "&lt;div&gt;\n**raw**\n&lt;/div&gt;")]
    public void Inlines_and_blocks_become_Telegram_HTML(string markdown, string html) =>
        TelegramHtml.Render(MarkdownText.Parse(markdown)).ShouldBe(html);

    [Theory]
    [InlineData("- a\n- b\n  - c\n    - d", "• a\n• b\n  ◦ c\n    ▪ d")]
    [InlineData("3. a\n4. b\n   - c", "3. a\n4. b\n   • c")]
    [InlineData("1) a\n2) b", "1) a\n2) b")]
    [InlineData("- [x] done\n- [ ] open", "☑ done\n☐ open")]
    [InlineData("1. [x] done", "1. ☑ done")]
    [InlineData("- a\n\n- b\n\n  more", "• a\n\n• b\n\n  more")]
    [InlineData("- a\n  ```\n  x\n  ```", "• a\n<pre>x</pre>")]
    [InlineData("- \n- b", "•\n• b")]
    public void Lists_keep_numbers_nesting_and_tasks(string markdown, string html) =>
        TelegramHtml.Render(MarkdownText.Parse(markdown)).ShouldBe(html);

    [Theory]
    [InlineData("[a](https://x.org/?p=1&q=\"2\")", "<a href=\"https://x.org/?p=1&amp;q=&quot;2&quot;\">a</a>")]
    [InlineData("[**a** `b`](https://x.org)", "<a href=\"https://x.org\"><b>a</b> b</a>")]
    [InlineData("![alt](https://x.org/i.png)", "<a href=\"https://x.org/i.png\">alt</a>")]
    [InlineData("![](https://x.org/i.png)", "https://x.org/i.png")]
    [InlineData("[![alt](https://x.org/i.png)](https://y.org)", "<a href=\"https://y.org\">alt (https://x.org/i.png)</a>")]
    [InlineData("[a](tg://user?id=1)", "<a href=\"tg://user?id=1\">a</a>")]
    [InlineData("[a](https://x.org \"tip\")", "<a href=\"https://x.org\">a</a> (tip)")]
    [InlineData("[a](<https://x.org/b c>)", "<a href=\"https://x.org/b%20c\">a</a>")]
    [InlineData("[a](javascript:alert(1))", "a (javascript:alert(1))")]
    [InlineData("[a](mailto:me@x.org)", "a (me@x.org)")]
    [InlineData("[me@x.org](mailto:me@x.org)", "me@x.org")]
    [InlineData("[a](http://localhost:80)", "a (http://localhost:80)")]
    [InlineData("[a](../b.md)", "a (../b.md)")]
    [InlineData("<https://x.org/a_b_c> https://y.org/*d*", "https://x.org/a_b_c https://y.org/*d*")]
    [InlineData("[a][1]\n\n[1]: https://x.org", "<a href=\"https://x.org\">a</a>")]
    [InlineData("a\n\n[1]: https://x.org", "a\n\n[1]: https://x.org")]
    public void Links_keep_their_addresses(string markdown, string html) =>
        TelegramHtml.Render(MarkdownText.Parse(markdown)).ShouldBe(html);

    [Theory]
    [InlineData("```c#\nvar x = 1 < 2;\n```", "<pre><code class=\"language-c#\">var x = 1 &lt; 2;</code></pre>")]
    [InlineData("````\n```\n````", "<pre>```</pre>")]
    [InlineData("```py title=\"a.py\"\nx\n```", "title=&quot;a.py&quot;\n<pre><code class=\"language-py\">x</code></pre>")]
    [InlineData("```\nnever closed", "<pre>never closed</pre>")]
    [InlineData("```lost", "lost")]
    [InlineData("text\n\n    indented\n      more", "text\n\n<pre>indented\n  more</pre>")]
    public void Code_blocks_keep_language_and_white_space(string markdown, string html) =>
        TelegramHtml.Render(MarkdownText.Parse(markdown)).ShouldBe(html);

    [Theory]
    [InlineData("> a **b\n> c**\n\nd", "<blockquote>a <b>b\nc</b></blockquote>\n\nd", ">a *b*\n>*c*\n\nd")]
    [InlineData("> a\n>\n> > b", "<blockquote>a\n\nb</blockquote>", ">a\n>\n>b")]
    [InlineData("> a\n> ```\n> x\n> ```\n> b", "<blockquote>a</blockquote>\n\n<pre>x</pre>\n\n<blockquote>b</blockquote>", ">a\n\n```\nx```\n\n>b")]
    [InlineData("- > a", "<blockquote>• a</blockquote>", ">• a")]
    public void Quotations_cover_whole_lines(string markdown, string html, string markdownV2)
    {
        FormattedText text = MarkdownText.Parse(markdown);
        TelegramHtml.Render(text).ShouldBe(html);
        TelegramMarkdownV2.Render(text).ShouldBe(markdownV2);
    }

    [Fact]
    public void Tables_are_aligned_by_the_width_of_their_characters()
    {
        FormattedText text = MarkdownText.Parse("| Name | Qty |\n|:--|--:|\n| 日本語 | 3 |\n| **ab** | [x](https://x.org) |\n| e\u0301 |");

        text.Text.Split('\n').ShouldBe([
            "Name   |               Qty",
            "-------+------------------",
            "日本語 |                 3",
            "ab     | x (https://x.org)",
            "e\u0301      |"]);
        text.Spans.ToArray().ShouldBe([new FormatSpan(0, text.Text.Length, SpanKind.Pre)]);
    }

    [Fact]
    public void A_cell_beyond_the_header_is_still_shown() =>
        MarkdownText.Parse("| a |\n|---|\n| b | c |").Text.ShouldContain("c");

    [Fact]
    public void A_table_row_that_ends_in_a_backslash_keeps_its_place() =>
        MarkdownText.Parse("| a |\n|---|\n| b |\n| c | \\\n| d |").Text.Where(char.IsAsciiLetter).ShouldBe("abcd");

    [Fact]
    public void A_line_behind_a_table_that_ends_in_a_backslash_keeps_its_place() =>
        MarkdownText.Parse("x\\y\n>> z\n\n| a | b |\n|---|:-:|\n| __ |\n| c    \n` d~e\\\n|").Text.Where(char.IsAsciiLetter).ShouldBe("xyzabcde");

    [Fact]
    public void Carriage_returns_do_not_reach_the_reader() =>
        MarkdownText.Parse("```\r\na\r\nb\r\n```\r\n\r\n`c`\rd").Text.ShouldBe("a\nb\n\nc\nd");

    [Theory]
    [InlineData("_*[]()~`>#+-=|{}.!\\", "\\_\\*\\[\\]\\(\\)\\~\\`\\>\\#\\+\\-\\=\\|\\{\\}\\.\\!\\\\")]
    public void MarkdownV2_escapes_every_reserved_character(string text, string markup) =>
        TelegramMarkdownV2.Render(FormattedText.Plain(text)).ShouldBe(markup);

    [Theory]
    [InlineData("`` a`b\\ ``", "`a\\`b\\\\`")]
    [InlineData("```c\na`b\\\n```", "```c\na\\`b\\\\```")]
    [InlineData("[a.](https://x.org/\\)\\\\)", "[a\\.](https://x.org/\\)\\\\)")]
    [InlineData("**b**_i_", "*b*_i_")]
    [InlineData("*a*\\_", "_a_\\_")]
    public void MarkdownV2_escapes_code_and_addresses_by_their_own_rules(string markdown, string markup) =>
        TelegramMarkdownV2.Render(MarkdownText.Parse(markdown)).ShouldBe(markup);

    [Fact]
    public void Plain_text_shows_addresses_and_nothing_else() =>
        PlainText.Render(MarkdownText.Parse("**b** [a](https://x.org) `c` [https://y.org](https://y.org)"))
            .ShouldBe("b a (https://x.org) c https://y.org");

    [Theory]
    [InlineData("")]
    [InlineData("   \n\t \u00A0 ")]
    [InlineData("\u200B\u2060\uFEFF")]
    public void An_invisible_answer_has_no_parts(string markdown)
    {
        MarkdownText.Parse(markdown).IsEmpty.ShouldBeTrue();
        MarkdownText.Parse(markdown).Split(10).ShouldBeEmpty();
    }

    [Fact]
    public void Text_without_markup_is_passed_on_without_a_copy()
    {
        string answer = "Hello there! It is 5 o'clock (about); see you.\n\nBye, Zoë 👋🏽";

        FormattedText text = MarkdownText.Parse(answer);

        text.Text.ShouldBeSameAs(answer);
        text.Split(TelegramLimits.MaxTextLength, TelegramLimits.Measure).ShouldBe([text]);
        TelegramHtml.Render(text).ShouldBeSameAs(answer);
        PlainText.Render(text).ShouldBeSameAs(answer);
    }

    [Fact]
    public void The_plain_path_hardly_allocates()
    {
        string answer = new('a', 300);
        _ = RenderAll(answer);

        long before = GC.GetAllocatedBytesForCurrentThread();
        _ = RenderAll(answer);

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(512);

        static string RenderAll(string answer) =>
            TelegramHtml.Render(MarkdownText.Parse(answer).Split(TelegramLimits.MaxTextLength, TelegramLimits.Measure)[0]);
    }

    public static TheoryData<string> Pathological =>
    [
        "****[[[[", "*a ", "a**b", "[", "[a](", "![[]()", "<", "a <!-- ", "a<?", "`", "> ", "- ", "1. ", "|a", "|a\n", "~~a",
        "&amp;", "\\", "http://a.b/(", "[a]: b\n", "a\n=\n", "    a\n", "```\na\n", "- a\n", "e\u0301", "👨‍👩‍👧‍👦", "שלום ", " ", "\u0301",
        "\0", "\uD83D",
    ];

    [Theory]
    [MemberData(nameof(Pathological))]
    public void Hundred_thousand_characters_of_anything_are_read_in_time_and_in_parts(string unit)
    {
        string answer = string.Concat(Enumerable.Repeat(unit, 100_000 / unit.Length));
        Stopwatch watch = Stopwatch.StartNew();

        IReadOnlyList<FormattedText> parts = MarkdownText.Parse(answer).Split(TelegramLimits.MaxTextLength, TelegramLimits.Measure);
        foreach (FormattedText part in parts)
        {
            TelegramHtml.Render(part).ShouldNotBeEmpty();
        }

        // Well under a second on an idle machine; the bound tells quadratic time from linear on a busy one.
        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(15));
        parts.Count.ShouldBeLessThan(200);
    }

    [Fact]
    public void A_table_of_too_many_cells_stays_text()
    {
        string answer = Repeat("|a", 3000) + "|\n" + Repeat("|-", 3000) + "|\n" + Repeat("|\n", 3000);

        MarkdownText.Parse(answer).Text.Length.ShouldBeLessThan(answer.Length + 1);

        static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));
    }

    [Fact]
    public void Nesting_beyond_the_parsers_depth_is_delivered_as_it_is()
    {
        string answer = new string('>', 2000) + " deep";

        MarkdownText.Parse(answer).Text.ShouldBe(answer);
    }
}
