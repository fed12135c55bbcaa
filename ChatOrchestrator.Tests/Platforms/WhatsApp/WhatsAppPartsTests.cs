using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Platforms.WhatsApp;

namespace ChatOrchestrator.Tests.Platforms.WhatsApp;

/// <summary>What an answer becomes.</summary>
public sealed class WhatsAppPartsTests
{
    [Fact]
    public void A_plain_answer_is_not_stored_twice() => WhatsAppParts.Split("Hello.").ShouldBe([new PartBody(null)]);

    [Fact]
    public void Formatting_is_whatsapps() =>
        WhatsAppParts.Split("**Hello** *there*, ~~old~~ `x = 1`").ShouldBe([new PartBody("*Hello* _there_, ~old~ `x = 1`", "whatsapp")]);

    [Fact]
    public void Up_to_three_choices_are_buttons_and_links_stand_in_the_text()
    {
        var part = WhatsAppParts.Split("Shall **we**?\n\n[Yes](reply:yes) [No](reply:) [Terms](https://example.com/terms)").ShouldHaveSingleItem();
        part.Format.ShouldBe(WhatsAppParts.MessageFormat);
        part.PlainBody.ShouldBe("Shall *we*?\n\nTerms (https://example.com/terms)\n\n1. Yes\n2. No");
        var interactive = Json(part).GetProperty("interactive");
        interactive.GetProperty("type").GetString().ShouldBe("button");
        interactive.GetProperty("body").GetProperty("text").GetString().ShouldBe("Shall *we*?\n\nTerms (https://example.com/terms)");
        interactive.GetProperty("action").GetProperty("buttons").EnumerateArray().Select(b => b.ToString()).ShouldBe([
            """{"type":"reply","reply":{"id":"yes","title":"Yes"}}""",
            """{"type":"reply","reply":{"id":"No","title":"No"}}""",
        ]);
    }

    [Fact]
    public void Up_to_ten_choices_are_a_list()
    {
        var interactive = Json(WhatsAppParts.Split("Which?\n\n" + Choices(10)).ShouldHaveSingleItem()).GetProperty("interactive");
        interactive.GetProperty("type").GetString().ShouldBe("list");
        interactive.GetProperty("action").GetProperty("button").GetString().ShouldNotBeNullOrEmpty();
        var rows = interactive.GetProperty("action").GetProperty("sections")[0].GetProperty("rows");
        rows.GetArrayLength().ShouldBe(10);
        rows[9].ToString().ShouldBe("""{"id":"c10","title":"Choice 10"}""");
    }

    [Theory]
    [InlineData("[A label that is much too long](reply:a)")]
    [InlineData("[Same](reply:1) [Same](reply:2)")]
    [InlineData("[One](reply:1) [Another](reply:1)")]
    public void What_does_not_fit_becomes_a_numbered_list(string row)
    {
        var part = WhatsAppParts.Split($"Which?\n\n{row}\n\nTell me.").ShouldHaveSingleItem();
        part.Format.ShouldBeNull();
        part.Body.ShouldStartWith("Which?\n\n1. ");
        part.Body.ShouldEndWith("\n\nTell me.");
    }

    [Fact]
    public void Eleven_choices_become_a_numbered_list() => WhatsAppParts.Split(Choices(11)).ShouldHaveSingleItem().Body!.ShouldContain("11. Choice 11");

    [Fact]
    public void The_text_over_buttons_is_short_and_what_is_before_it_is_not_lost()
    {
        var text = string.Join(' ', Enumerable.Range(0, 1_500).Select(i => $"w{i}"));
        var parts = WhatsAppParts.Split($"{text}\n\n[Yes](reply:yes)");
        parts.SkipLast(1).ShouldAllBe(p => p.Format == null && p.Body!.Length <= WhatsAppParts.MaxText);
        var last = Json(parts[^1]).GetProperty("interactive").GetProperty("body").GetProperty("text").GetString()!;
        last.Length.ShouldBeLessThanOrEqualTo(WhatsAppParts.MaxInteractiveText);
        string.Join(' ', parts.SkipLast(1).Select(p => p.Body).Append(last)).ShouldBe(text);
    }

    [Theory]
    [InlineData("https://example.com/chart.png", "image", true)]
    [InlineData("https://example.com/a.mp4", "video", true)]
    [InlineData("https://example.com/my%20a.pdf", "document", true)]
    [InlineData("https://example.com/a.mp3", "audio", false)]
    public void A_file_goes_by_its_address_with_a_caption_where_there_is_one(string url, string type, bool hasCaption)
    {
        var parts = WhatsAppParts.Split($"Look:\n\n![A chart]({url})");
        parts[0].Body.ShouldBe("Look:");
        var file = Json(parts[1]).GetProperty(type);
        Json(parts[1]).GetProperty("type").GetString().ShouldBe(type);
        file.GetProperty("link").GetString().ShouldBe(url);
        (file.TryGetProperty("caption", out var caption) ? caption.GetString() : null).ShouldBe(hasCaption ? "A chart" : null);
        (file.TryGetProperty("filename", out var name) ? name.GetString() : null).ShouldBe(type == "document" ? "my a.pdf" : null);
        parts.Skip(2).Select(p => p.Body).ShouldBe(hasCaption ? [] : ["A chart"]);
    }

    private static string Choices(int count) => string.Join(' ', Enumerable.Range(1, count).Select(i => $"[Choice {i}](reply:c{i})"));

    private static JsonElement Json(PartBody part) => JsonSerializer.Deserialize<JsonElement>(part.Body!);
}
