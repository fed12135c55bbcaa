using ChatOrchestrator.Simulator.Telegram;
using ChatOrchestrator.Simulator.Telegram.Formatting;

namespace ChatOrchestrator.Tests.Simulator;

/// <summary>https://core.telegram.org/bots/api#formatting-options. Entities are written as <c>type offset+length</c>.</summary>
public sealed class TelegramFormattingTests
{
    [Theory]
    [InlineData("plain", "plain", "")]
    [InlineData("*bold* _it_ __un__ ~st~ ||sp||", "bold it un st sp", "bold 0+4, italic 5+2, underline 8+2, strikethrough 11+2, spoiler 14+2")]
    [InlineData("*a _b_*", "a b", "bold 0+3, italic 2+1")]
    [InlineData("_a __b___", "a b", "italic 0+3, underline 2+1")]
    [InlineData("👍🏽 *x*", "👍🏽 x", "bold 5+1")]
    [InlineData("\\*not bold\\* 1\\.5\\!", "*not bold* 1.5!", "")]
    [InlineData("`a_b*c.` x", "a_b*c. x", "code 0+6")]
    [InlineData("`a\\`b\\\\`", "a`b\\", "code 0+4")]
    [InlineData("```py\nprint(1)\n```", "print(1)\n", "pre(py) 0+9")]
    [InlineData("```\nx```", "x", "pre 0+1")]
    [InlineData("[t](http://e.org/a\\)b)", "t", "text_link(http://e.org/a)b) 0+1")]
    [InlineData("[t](EXAMPLE.org)", "t", "text_link(http://example.org/) 0+1")]
    [InlineData("[t](javascript:alert\\(1\\))", "t", "")]
    [InlineData("[t](tg://user?id=42)", "t", "text_mention(42) 0+1")]
    [InlineData("![👍](tg://emoji?id=5368324170671202286)", "👍", "custom_emoji 0+2")]
    [InlineData(">a\n>b\nc", "a\nb\nc", "blockquote 0+4")]
    [InlineData(">a\n>b||", "a\nb", "expandable_blockquote 0+3")]
    [InlineData(">a\n**>b", "a\nb", "blockquote 0+2, blockquote 2+1")]
    [InlineData("**", "", "")]
    public void MarkdownV2_is_read(string source, string text, string entities) => Check(MarkdownV2Parser.Parse(source), text, entities);

    [Theory]
    [InlineData("a.b", "Character '.' is reserved and must be escaped with the preceding '\\'")]
    [InlineData("1-2", "Character '-' is reserved and must be escaped with the preceding '\\'")]
    [InlineData("a > b", "Character '>' is reserved and must be escaped with the preceding '\\'")]
    [InlineData("a|b", "Character '|' is reserved and must be escaped with the preceding '\\'")]
    [InlineData("wow!", "Character '!' is reserved and must be escaped with the preceding '\\'")]
    [InlineData("🏟 🏟_abacaba", "Can't find end of Italic entity at byte offset 9")]
    [InlineData("🏟 🏟_abac * asd _", "Can't find end of Italic entity at byte offset 21")]
    [InlineData("🏟 🏟`", "Can't find end of Code entity at byte offset 9")]
    [InlineData("🏟 🏟```a ", "Can't find end of PreCode entity at byte offset 9")]
    [InlineData("[telegram\\.org](asd\\)", "Can't find end of a URL at byte offset 16")]
    [InlineData("![👍]", "The entity must contain a tg://emoji or tg://time URL")]
    [InlineData("![👍](t://emoji?id=1234)", "Invalid tg://emoji or tg://time URL specified")]
    [InlineData(">*b\n>ld \n>bo\nld*\nasd\ndef", "Can't find end of Bold entity at byte offset 1")]
    [InlineData(">asd\n>q||ew\n||asdad", "Can't find end of Spoiler entity at byte offset 7")]
    public void Malformed_MarkdownV2_is_refused(string source, string error) =>
        Should.Throw<FormattingException>(() => MarkdownV2Parser.Parse(source)).Message.ShouldBe("can't parse entities: " + error);

    [Fact]
    public void Every_reserved_character_must_be_escaped_and_can_be()
    {
        foreach (var c in "]()>#+-=|{}.!")
        {
            Should.Throw<FormattingException>(() => MarkdownV2Parser.Parse("x" + c), c.ToString());
            MarkdownV2Parser.Parse("x\\" + c).Text.ShouldBe("x" + c);
        }
    }

    [Theory]
    [InlineData("a &lt;b&gt; &amp; &quot;q&quot; &#128077;", "a <b> & \"q\" 👍", "")]
    [InlineData("&ge;&laquo;", "&ge;&laquo;", "")]
    [InlineData("<b>b</b><i>i</i><u>u</u><s>s</s>", "bius", "bold 0+1, italic 1+1, underline 2+1, strikethrough 3+1")]
    [InlineData("<b>a<i>b</i></b>", "ab", "bold 0+2, italic 1+1")]
    [InlineData("<span class=\"tg-spoiler\">x</span><tg-spoiler>y</tg-spoiler>", "xy", "spoiler 0+1, spoiler 1+1")]
    [InlineData("<a href=\"https://e.org/?a=1&amp;b=2\">t</a>", "t", "text_link(https://e.org/?a=1&b=2) 0+1")]
    [InlineData("<pre><code class=\"language-cs\">x</code></pre>", "x", "pre(cs) 0+1")]
    [InlineData("<pre>x</pre> <code>y</code>", "x y", "pre 0+1, code 2+1")]
    [InlineData("<blockquote expandable>q</blockquote>", "q", "expandable_blockquote 0+1")]
    [InlineData("🏟<i    aba  =  190azAz-.   >a</i   >", "🏟a", "italic 2+1")]
    [InlineData("<b></b>", "", "")]
    public void Html_is_read(string source, string text, string entities) => Check(HtmlParser.Parse(source), text, entities);

    [Theory]
    [InlineData("🏟 🏟&lt;<abac aba>", "Unsupported start tag \"abac\" at byte offset 13")]
    [InlineData("🏟 🏟&lt;<abacaba", "Unclosed start tag at byte offset 13")]
    [InlineData("🏟 🏟&lt;<i   =aba>", "Empty attribute name in the tag \"i\" at byte offset 13")]
    [InlineData("🏟 🏟&lt;<i    aba>", "Can't find end tag corresponding to start tag \"i\"")]
    [InlineData("🏟 🏟&lt;<i    aba  =  190azAz-.,", "Unexpected end of name token at byte offset 27")]
    [InlineData("🏟 🏟&lt;<i    aba  =  \"&lt;&gt;&quot;>", "Unclosed start tag at byte offset 13")]
    [InlineData("🏟 🏟&lt;<b></b></", "Unexpected end tag at byte offset 20")]
    [InlineData("🏟 🏟&lt;<i>a</i   ", "Unclosed end tag at byte offset 17")]
    [InlineData("🏟 🏟&lt;<i>a</em   >", "Unmatched end tag at byte offset 17, expected \"</i>\", found \"</em>\"")]
    [InlineData("<span>x</span>", "Tag \"span\" must have class \"tg-spoiler\" at byte offset 0")]
    [InlineData("&#xDFDF;", "Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate code units")]
    public void Malformed_Html_is_refused(string source, string error) =>
        Should.Throw<FormattingException>(() => HtmlParser.Parse(source)).Message.ShouldBe("can't parse entities: " + error);

    [Theory]
    [InlineData("  \n hi \n ", "", "hi", "")]
    [InlineData("a\r\nb\tc\u202E", "", "a\nb c", "")]
    [InlineData("/start@my_bot go to https://e.org/x, or write a@b.org @someone #tag", "",
        "/start@my_bot go to https://e.org/x, or write a@b.org @someone #tag",
        "bot_command 0+13, url 20+15, email 46+7, mention 54+8, hashtag 63+4")]
    [InlineData("**see /now ok**", "html", "**see /now ok**", "bot_command 6+4")]
    [InlineData("<b>see /now ok</b>", "html", "see /now ok", "bold 0+4, bot_command 4+4, bold 4+4, bold 8+3")]
    [InlineData("<b>a <code>/now</code></b>", "html", "a /now", "bold 0+2, code 2+4")]
    public void A_finished_message_is_cleaned_trimmed_and_linked(string source, string mode, string text, string entities) =>
        Check(MessageText.Finish(MessageText.Parse(source, mode, [])), text, entities);

    [Theory]
    [InlineData("", "message text is empty")]
    [InlineData(" \n\u200B", "text must be non-empty")]
    public void Nothing_visible_is_no_message(string source, string error) =>
        Should.Throw<FormattingException>(() => MessageText.Finish(MessageText.Parse(source, null, []))).Message.ShouldBe(error);

    [Fact]
    public void The_limit_counts_utf16_units_after_parsing()
    {
        var fits = "<b>" + string.Concat(Enumerable.Repeat("👍", 2048)) + "</b>";
        MessageText.Finish(MessageText.Parse(fits, "HTML", [])).Text.Length.ShouldBe(4096);
        Should.Throw<FormattingException>(() => MessageText.Finish(MessageText.Parse(fits + "x", "HTML", []))).Message.ShouldBe("message is too long");
    }

    [Fact]
    public void An_entity_must_not_cut_an_emoji()
    {
        var text = new FormattedText("👍", [new MessageEntity("bold", 0, 1)]);
        Should.Throw<FormattingException>(() => MessageText.Finish(text)).Message.ShouldContain("in a middle of a UTF-16 symbol");
    }

    private static void Check(FormattedText actual, string text, string entities)
    {
        actual.Text.ShouldBe(text);
        string.Join(", ", actual.Entities.Select(Describe)).ShouldBe(entities);
    }

    private static string Describe(MessageEntity entity)
    {
        var detail = entity.Url ?? entity.Language ?? entity.User?.Id.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return $"{entity.Type}{(detail is null ? "" : $"({detail})")} {entity.Offset}+{entity.Length}";
    }
}
