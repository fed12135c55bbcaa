using System.Text.Json.Nodes;
using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Tests.Platforms.Slack;

public sealed class SlackPartsTests
{
    [Theory]
    [InlineData("Just a line.")]
    [InlineData("2 < 3 & 5 > 4 * 6")]
    [InlineData("Zwei\n\nAbsätze 👋")]
    public void A_plain_answer_that_fits_is_sent_as_it_is_stored(string answer) => Split(answer).ShouldBe([new PartBody(null)]);

    [Fact]
    public void A_formatted_answer_is_mrkdwn_with_plain_text_to_fall_back_on() =>
        Split("A **bold** [link](https://example.org/?a=1&b=2) & `x < y`").ShouldBe(
        [
            new PartBody("A *bold* <https://example.org/?a=1&amp;b=2|link> &amp; `x &lt; y`", "mrkdwn", "A bold link (https://example.org/?a=1&b=2) & x < y"),
        ]);

    [Fact]
    public void Buttons_stand_below_their_text()
    {
        var part = Split("**Pick** one:\n\n[Yes](reply:y) [No](reply:) [More](https://example.org/)").ShouldHaveSingleItem();
        part.Format.ShouldBe("json:blocks");
        part.PlainBody.ShouldBe("Pick one:\n\n1. Yes\n2. No\n3. More (https://example.org/)");
        var message = JsonNode.Parse(part.Body!)!;
        message["text"]!.ToString().ShouldBe("*Pick* one:");
        message["blocks"]![0]!["type"]!.ToString().ShouldBe("section");
        message["blocks"]![0]!["text"]!["text"]!.ToString().ShouldBe("*Pick* one:");
        var buttons = message["blocks"]![1]!["elements"]!.AsArray();
        buttons.Select(b => b!["action_id"]!.ToString()).ShouldBe(["reply:0", "reply:1", "link:2"]);
        buttons.Select(b => b!["text"]!["text"]!.ToString()).ShouldBe(["Yes", "No", "More"]);
        buttons[0]!["value"]!.ToString().ShouldBe("y");
        buttons[1]!["value"]!.ToString().ShouldBe("No");
        buttons[2]!["url"]!.ToString().ShouldBe("https://example.org/");
    }

    [Fact]
    public void Buttons_beyond_the_limits_are_a_numbered_list()
    {
        var many = string.Join(' ', Enumerable.Range(1, 26).Select(i => $"[b{i}](reply:{i})"));
        Split($"Pick:\n\n{many}").ShouldAllBe(p => p.Format != "json:blocks");
        string.Concat(Split($"Pick:\n\n{many}").Select(p => p.Body)).ShouldContain("26. b26");
        Split($"[{new string('x', 76)}](reply:1)").ShouldAllBe(p => p.Format != "json:blocks");
        Split($"[x](reply:{new string('y', 2001)})").ShouldAllBe(p => p.Format != "json:blocks");
    }

    [Fact]
    public void A_picture_is_an_image_block_and_other_files_are_links()
    {
        var parts = Split("Look:\n\n![A cat](https://example.org/cat.png)\n\n![The song](https://example.org/song.mp3)");
        parts.Count.ShouldBe(3);
        var image = JsonNode.Parse(parts[1].Body!)!;
        image["blocks"]![0]!["type"]!.ToString().ShouldBe("image");
        image["blocks"]![0]!["image_url"]!.ToString().ShouldBe("https://example.org/cat.png");
        image["blocks"]![0]!["alt_text"]!.ToString().ShouldBe("A cat");
        parts[1].PlainBody.ShouldBe("A cat (https://example.org/cat.png)");
        parts[2].ShouldBe(new PartBody("<https://example.org/song.mp3|The song>", "mrkdwn", "The song (https://example.org/song.mp3)"));
    }

    [Fact]
    public void A_block_of_code_that_is_cut_is_closed_and_opened_again()
    {
        var parts = Split($"Look:\n\n```csharp\n{string.Concat(Enumerable.Range(0, 600).Select(i => $"line {i} < end;\n"))}```\n\nDone.");
        parts.Count.ShouldBeGreaterThan(1);
        parts.ShouldAllBe(p => p.Format == "mrkdwn" && p.Body!.Length <= 3000 && p.Body.Split("```", StringSplitOptions.None).Length % 2 == 1);
        for (var i = 0; i < 600; i++)
        {
            parts.Count(p => p.PlainBody!.Contains($"line {i} < end;", StringComparison.Ordinal)).ShouldBe(1);
        }
    }

    private static IReadOnlyList<PartBody> Split(string answer) => SlackFixture.Adapter().Split(answer);
}
