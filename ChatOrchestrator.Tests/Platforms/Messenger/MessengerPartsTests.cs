using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Platforms.Messenger;

namespace ChatOrchestrator.Tests.Platforms.Messenger;

/// <summary>What an answer becomes.</summary>
public sealed class MessengerPartsTests
{
    [Fact]
    public void A_plain_answer_is_not_stored_twice() => MessengerParts.Split("Hello.").ShouldBe([new PartBody(null)]);

    [Fact]
    public void Formatting_is_left_out_and_links_show_their_address() =>
        MessengerParts.Split("**Hello** [there](https://example.com/a)").ShouldBe([new PartBody("Hello there (https://example.com/a)")]);

    [Fact]
    public void Up_to_three_buttons_are_a_template_under_their_text()
    {
        var part = MessengerParts.Split("Shall we?\n\n[Yes](reply:yes) [No](reply:) [Terms](https://example.com/terms)").ShouldHaveSingleItem();
        part.Format.ShouldBe(MessengerParts.MessageFormat);
        part.PlainBody.ShouldBe("Shall we?\n\n1. Yes\n2. No\n3. Terms (https://example.com/terms)");
        var payload = Json(part).GetProperty("attachment").GetProperty("payload");
        payload.GetProperty("template_type").GetString().ShouldBe("button");
        payload.GetProperty("text").GetString().ShouldBe("Shall we?");
        payload.GetProperty("buttons").EnumerateArray().Select(b => b.ToString()).ShouldBe([
            """{"type":"postback","title":"Yes","payload":"yes"}""",
            """{"type":"postback","title":"No","payload":"No"}""",
            """{"type":"web_url","title":"Terms","url":"https://example.com/terms"}""",
        ]);
    }

    [Fact]
    public void The_text_over_a_template_is_short_and_what_is_before_it_is_not_lost()
    {
        var text = string.Join(' ', Enumerable.Range(0, 500).Select(i => $"w{i}"));
        var parts = MessengerParts.Split($"{text}\n\n[Yes](reply:yes)");
        parts.SkipLast(1).ShouldAllBe(p => p.Format == null && p.Body!.Length <= MessengerParts.MaxText);
        var last = Json(parts[^1]).GetProperty("attachment").GetProperty("payload").GetProperty("text").GetString()!;
        last.Length.ShouldBeLessThanOrEqualTo(MessengerParts.MaxTemplateText);
        string.Join(' ', parts.SkipLast(1).Select(p => p.Body).Append(last)).ShouldBe(text);
    }

    [Fact]
    public void Up_to_thirteen_choices_are_quick_replies()
    {
        var part = MessengerParts.Split("Which?\n\n" + Choices(13)).ShouldHaveSingleItem();
        var message = Json(part);
        message.GetProperty("text").GetString().ShouldBe("Which?");
        message.GetProperty("quick_replies").GetArrayLength().ShouldBe(13);
        message.GetProperty("quick_replies")[12].ToString().ShouldBe("""{"content_type":"text","title":"Choice 13","payload":"c13"}""");
    }

    [Theory]
    [InlineData("[A label that is much too long](reply:a)")]
    [InlineData("[One](reply:1) [Two](reply:2) [Three](reply:3) [Four](https://example.com)")]
    public void What_does_not_fit_becomes_a_numbered_list(string row)
    {
        var part = MessengerParts.Split($"Which?\n\n{row}\n\nTell me.").ShouldHaveSingleItem();
        part.Format.ShouldBeNull();
        part.Body.ShouldStartWith("Which?\n\n1. ");
        part.Body.ShouldEndWith("\n\nTell me.");
    }

    [Fact]
    public void Fourteen_choices_become_a_numbered_list() => MessengerParts.Split(Choices(14)).ShouldHaveSingleItem().Body!.ShouldContain("14. Choice 14");

    [Fact]
    public void Buttons_without_a_text_stand_under_a_hand() =>
        Json(MessengerParts.Split("[Yes](reply:yes)").ShouldHaveSingleItem()).GetProperty("attachment").GetProperty("payload").GetProperty("text").GetString().ShouldBe("👇");

    [Theory]
    [InlineData("https://example.com/chart.png", "image")]
    [InlineData("https://example.com/a.mp3", "audio")]
    [InlineData("https://example.com/a.ogg", "audio")]
    [InlineData("https://example.com/a.mp4", "video")]
    [InlineData("https://example.com/a.pdf", "file")]
    public void A_file_goes_by_its_address_and_what_it_shows_is_said_after_it(string url, string type)
    {
        var parts = MessengerParts.Split($"Look:\n\n![A chart]({url})\n\nNice?");
        parts.Count.ShouldBe(4);
        parts.Select(p => p.Format is null ? p.Body : null).ShouldBe(["Look:", null, "A chart", "Nice?"]);
        Json(parts[1]).GetProperty("attachment").GetProperty("type").GetString().ShouldBe(type);
        Json(parts[1]).GetProperty("attachment").GetProperty("payload").GetProperty("url").GetString().ShouldBe(url);
        parts[1].PlainBody.ShouldBe(url);
    }

    private static string Choices(int count) => string.Join(' ', Enumerable.Range(1, count).Select(i => $"[Choice {i}](reply:c{i})"));

    private static JsonElement Json(PartBody part) => JsonSerializer.Deserialize<JsonElement>(part.Body!);
}
