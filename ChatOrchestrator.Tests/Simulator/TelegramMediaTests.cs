using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ChatOrchestrator.Simulator.Chat;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace ChatOrchestrator.Tests.Simulator;

/// <summary>Files, places, albums and reactions, both ways.</summary>
public sealed class TelegramMediaTests
{
    private const long Bot = 90;
    private const long Person = 5;

    private static readonly byte[] Png = FileServer.Png;

    [Theory]
    [InlineData("document")]
    [InlineData("animation")]
    [InlineData("audio")]
    [InlineData("voice")]
    [InlineData("video")]
    [InlineData("video_note")]
    [InlineData("sticker")]
    public async Task What_a_person_sends_can_be_fetched(string type)
    {
        await using var simulator = await StartAsync();
        var message = await SendAsync(simulator, new { bot_id = Bot, user_id = Person, text = "", media = new[] { new { type, content = "AAECAw==", file_name = "x.bin", emoji = "🙂" } } });
        var id = message[type]!["file_id"]!.GetValue<string>();
        var file = (await simulator.BotAsync(Bot, "getFile", new { file_id = id }))["result"]!;
        file["file_size"]!.GetValue<int>().ShouldBe(4);
        (await simulator.Http.GetByteArrayAsync($"/file/bot{Bot}:token/{file["file_path"]}")).ShouldBe([0, 1, 2, 3]);
        (await simulator.Http.GetAsync($"/file/bot{Bot}:token/photos/none.jpg")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_photo_has_several_sizes_and_a_caption_with_entities()
    {
        await using var simulator = await StartAsync();
        var message = await SendAsync(simulator, new { bot_id = Bot, user_id = Person, text = "see https://example.org", media = new[] { new { type = "photo", content = Convert.ToBase64String(Png) } } });
        message["photo"]!.AsArray()[^1]!["width"]!.GetValue<int>().ShouldBe(1);
        message["caption"]!.GetValue<string>().ShouldBe("see https://example.org");
        message["caption_entities"]![0]!["type"]!.GetValue<string>().ShouldBe("url");
        message["text"].ShouldBeNull();
    }

    [Fact]
    public async Task An_album_is_messages_of_one_group()
    {
        await using var simulator = await StartAsync();
        var item = new { type = "photo", content = Convert.ToBase64String(Png) };
        await simulator.ControlAsync(HttpMethod.Post, "telegram/messages", new { bot_id = Bot, user_id = Person, text = "Two", media = new[] { item, item } });
        var updates = (await simulator.BotAsync(Bot, "getUpdates"))["result"]!.AsArray();
        updates.Count.ShouldBe(2);
        updates.Select(u => u!["message"]!["media_group_id"]!.GetValue<string>()).Distinct().Count().ShouldBe(1);
        updates.Select(u => u!["message"]!["caption"]?.GetValue<string>()).ShouldBe(["Two", null]);
    }

    [Fact]
    public async Task Places_and_contacts()
    {
        await using var simulator = await StartAsync();
        var place = await SendAsync(simulator, new { bot_id = Bot, user_id = Person, location = new { latitude = 51.5, longitude = -0.12 }, venue_title = "Big Ben", venue_address = "London" });
        place["venue"]!["title"]!.GetValue<string>().ShouldBe("Big Ben");
        place["location"]!["latitude"]!.GetValue<double>().ShouldBe(51.5);
        var contact = await SendAsync(simulator, new { bot_id = Bot, user_id = Person, contact = new { phone_number = "+49", first_name = "Grace" } });
        contact["contact"]!["first_name"]!.GetValue<string>().ShouldBe("Grace");
        (await simulator.BotAsync(Bot, "sendLocation", new { chat_id = Person, latitude = 1, longitude = 2 }))["result"]!["location"]!["longitude"]!.GetValue<double>().ShouldBe(2);
        (await simulator.BotAsync(Bot, "sendLocation", new { chat_id = Person, latitude = 100, longitude = 2 }))["ok"]!.GetValue<bool>().ShouldBeFalse();
    }

    [Fact]
    public async Task A_bot_sends_a_file_by_upload_by_id_and_by_address()
    {
        await using var simulator = await StartAsync();
        await using var web = await FileServer.StartAsync();
        using var form = new MultipartFormDataContent { { new StringContent($"{Person}"), "chat_id" }, { new StringContent("*Look*"), "caption" }, { new StringContent("MarkdownV2"), "parse_mode" } };
        using var content = new ByteArrayContent(Png);
        content.Headers.ContentType = new MediaTypeHeaderValue("image/png");
        form.Add(content, "photo", "p.png");
        using var response = await simulator.Http.PostAsync($"/bot{Bot}:token/sendPhoto", form);
        var uploaded = (await response.Content.ReadFromJsonAsync<JsonObject>())!["result"]!;
        uploaded["caption"]!.GetValue<string>().ShouldBe("Look");
        var id = uploaded["photo"]![0]!["file_id"]!.GetValue<string>();

        (await simulator.BotAsync(Bot, "sendPhoto", new { chat_id = Person, photo = id }))["ok"]!.GetValue<bool>().ShouldBeTrue();
        (await simulator.BotAsync(Bot, "sendPhoto", new { chat_id = Person, photo = $"{web.Url}/p.png" }))["ok"]!.GetValue<bool>().ShouldBeTrue();
        var album = await simulator.BotAsync(Bot, "sendMediaGroup", new { chat_id = Person, media = new[] { new { type = "photo", media = id }, new { type = "photo", media = $"{web.Url}/p.png" } } });
        album["result"]!.AsArray().Select(m => m!["media_group_id"]!.GetValue<string>()).Distinct().Count().ShouldBe(1);
        (await simulator.MessagesAsync(Bot, Person)).Count(m => m!["photo"] is not null).ShouldBe(5);
    }

    [Theory]
    [InlineData("sendPhoto", "photo", "/none.png", "failed to get HTTP URL content")]
    [InlineData("sendPhoto", "photo", "/page.html", "wrong type of the web page content")]
    [InlineData("sendDocument", "document", "/p.png", "wrong type of the web page content")]
    [InlineData("sendPhoto", "photo", "not-an-id", "wrong file identifier/HTTP URL specified")]
    [InlineData("sendPhoto", "photo", "", "there is no photo in the request")]
    public async Task A_file_that_cannot_be_had_is_refused_in_telegrams_words(string method, string argument, string source, string description)
    {
        await using var simulator = await StartAsync();
        await using var web = await FileServer.StartAsync();
        var refused = await simulator.BotAsync(Bot, method, new JsonObject { ["chat_id"] = Person, [argument] = source.StartsWith('/') ? web.Url + source : source });
        refused["description"]!.GetValue<string>().ShouldBe("Bad Request: " + description);
        var longCaption = await simulator.BotAsync(Bot, "sendPhoto", new { chat_id = Person, photo = $"{web.Url}/p.png", caption = new string('x', 1025) });
        longCaption["description"]!.GetValue<string>().ShouldBe("Bad Request: message caption is too long");
    }

    [Fact]
    public async Task A_reaction_tells_what_it_was_before()
    {
        await using var simulator = await StartAsync();
        await simulator.BotAsync(Bot, "getUpdates", new { offset = 0, allowed_updates = new[] { "message_reaction" } });
        var sent = (await simulator.BotAsync(Bot, "sendMessage", new { chat_id = Person, text = "x" }))["result"]!["message_id"]!.GetValue<int>();
        foreach (var emoji in (string[])["👍", "🔥", ""])
        {
            await simulator.ControlAsync(HttpMethod.Post, "telegram/reactions", new { bot_id = Bot, user_id = Person, message_id = sent, emoji });
        }
        var reactions = (await simulator.BotAsync(Bot, "getUpdates"))["result"]!.AsArray().Select(u => u!["message_reaction"]!).ToList();
        reactions.Select(r => r["old_reaction"]!.AsArray().Count).ShouldBe([0, 1, 1]);
        reactions.Select(r => r["new_reaction"]!.AsArray().Count).ShouldBe([1, 1, 0]);
        (await simulator.BotAsync(Bot, "setMessageReaction", new { chat_id = Person, message_id = sent, reaction = new[] { new { type = "emoji", emoji = "👀" } } }))["ok"]!.GetValue<bool>().ShouldBeTrue();
    }

    [Fact]
    public async Task The_chat_page_shows_what_was_said_and_presses_buttons()
    {
        IChatPlatform? platform = null;
        await using var simulator = await StartAsync(app => platform = app.Services.GetServices<IChatPlatform>().Single(p => p.Name == "telegram"));
        var changed = 0;
        platform!.Changed += _ => Interlocked.Increment(ref changed);
        var person = new ChatPerson(Person, "Ada");
        var bot = platform.Bots().Single(b => b.Id == $"{Bot}").Id;

        platform.Send(bot, person, new ChatInput("What is it?", [new ChatFile("p.png", "image/png", Png)]));
        await simulator.BotAsync(Bot, "sendChatAction", new { chat_id = Person, action = "typing" });
        platform.Messages(bot, person)[^1].IsTyping.ShouldBeTrue();
        await simulator.BotAsync(Bot, "sendMessage", new
        {
            chat_id = Person,
            text = "<b>A pixel.</b> More?",
            parse_mode = "HTML",
            reply_markup = new { inline_keyboard = new[] { new object[] { new { text = "Yes", callback_data = "y" }, new { text = "Site", url = "https://example.org/" } } } },
        });

        var shown = platform.Messages(bot, person);
        shown.Count.ShouldBe(2);
        (shown[0].FromBot, shown[0].Text.Text, shown[0].Media[0].Kind).ShouldBe((false, "What is it?", "image"));
        (await simulator.Http.GetByteArrayAsync(shown[0].Media[0].Url)).ShouldBe(Png);
        shown[1].Text.Entities.ShouldHaveSingleItem().Type.ShouldBe("bold");
        shown[1].Buttons[0].ShouldBe([new ChatButton("0.0", "Yes"), new ChatButton("0.1", "Site", "https://example.org/")]);
        platform.Press(bot, person, shown[1].Id, "0.0");
        var updates = (await simulator.BotAsync(Bot, "getUpdates"))["result"]!.AsArray();
        updates[^1]!["callback_query"]!["data"]!.GetValue<string>().ShouldBe("y");
        Volatile.Read(ref changed).ShouldBeGreaterThan(2);
        Should.Throw<ArgumentException>(() => platform.Press(bot, person, "999999", "0.0"));
        Should.Throw<ArgumentException>(() => platform.Send("x", person, new ChatInput("x", [])));
    }

    private static async Task<SimulatorInstance> StartAsync(Action<WebApplication>? built = null)
    {
        var simulator = await SimulatorInstance.StartAsync();
        built?.Invoke(simulator.App);
        await simulator.ControlAsync(HttpMethod.Post, "telegram/users", new { bot_id = Bot, user_id = Person, first_name = "Ada" });
        return simulator;
    }

    /// <summary>Sends and returns the message as the bot gets it.</summary>
    private static async Task<JsonNode> SendAsync(SimulatorInstance simulator, object action)
    {
        await simulator.ControlAsync(HttpMethod.Post, "telegram/messages", action);
        return (await simulator.BotAsync(Bot, "getUpdates"))["result"]!.AsArray()[^1]!["message"]!;
    }
}
