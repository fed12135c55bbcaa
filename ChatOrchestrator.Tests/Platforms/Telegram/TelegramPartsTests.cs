using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Tests.Platforms.Telegram;

public sealed class TelegramPartsTests
{
    [Theory]
    [InlineData("Just a line.")]
    [InlineData("2 < 3 & 5 > 4")]
    [InlineData("Zwei\n\nAbsätze 👋")]
    public void A_plain_answer_that_fits_is_sent_as_it_is_stored(string answer)
    {
        Split(answer).ShouldBe([new PartBody(null)]);
    }

    [Fact]
    public void A_formatted_answer_is_html_with_plain_text_to_fall_back_on()
    {
        Split("A **bold** [link](https://example.org/?a=1&b=2) & `x < y`").ShouldBe(
        [
            new PartBody(
                "A <b>bold</b> <a href=\"https://example.org/?a=1&amp;b=2\">link</a> &amp; <code>x &lt; y</code>",
                "HTML",
                "A bold link (https://example.org/?a=1&b=2) & x < y"),
        ]);
    }

    [Fact]
    public void Escapes_alone_make_a_plain_part_of_its_own()
    {
        Split(@"5 \* 3").ShouldBe([new PartBody("5 * 3")]);
    }

    [Fact]
    public void A_code_block_that_is_cut_is_closed_and_opened_again()
    {
        var code = string.Concat(Enumerable.Range(0, 600).Select(i => $"line {i} < end;\n"));
        var parts = Split($"Look:\n\n```csharp\n{code}```\n\nDone.");
        parts.Count.ShouldBeGreaterThan(1);
        parts.ShouldAllBe(p => p.Format == "HTML" && p.PlainBody!.Length <= 4096);
        foreach (var part in parts)
        {
            Count(part.Body!, "<pre><code class=\"language-csharp\">").ShouldBe(Count(part.Body!, "</code></pre>"));
        }
        for (var i = 0; i < 600; i++)
        {
            parts.Count(p => p.PlainBody!.Contains($"line {i} < end;", StringComparison.Ordinal)).ShouldBe(1);
        }
    }

    [Fact]
    public void A_hundred_thousand_characters_lose_nothing()
    {
        var answer = string.Join(' ', Enumerable.Range(0, 17_000).Select(i => $"w{i:D5}"));
        var parts = Split(answer);
        parts.ShouldAllBe(p => p.Body!.Length <= 4096);
        string.Join(' ', parts.Select(p => p.Body)).ShouldBe(answer);
    }

    private static IReadOnlyList<PartBody> Split(string answer) => TelegramFixture.Adapter().Split(answer);

    private static int Count(string text, string what) => text.Split(what).Length - 1;
}
