using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ChatOrchestrator.Simulator.Chat;
using ChatOrchestrator.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;

namespace ChatOrchestrator.Tests.Simulator;

/// <summary>The chat page with several platforms, and the API behind it.</summary>
public sealed class SideBySideTests(Browser browser) : IClassFixture<Browser>
{
    private readonly FakeChatPlatform[] _fakes =
        [new("messenger", "Demo"), new("whatsapp", "Demo"), new("slack", "Other", "Demo"), new("discord", "Demo")];

    [BrowserFact]
    public async Task A_person_chats_on_all_platforms_side_by_side()
    {
        await using var simulator = await StartAsync();
        await simulator.ControlAsync(HttpMethod.Put, "telegram/bots/81", new { first_name = "Demo" });
        foreach (var fake in _fakes)
        {
            fake.Answer = input => fake.Say($"{fake.Name} got {input.Text}", new ChatEntity("bold", 0, fake.Name.Length)) with
            {
                Media = [new ChatMedia("image", $"{simulator.Url}/simulator/media/picture.png", "Hills")],
                Buttons = [[new ChatButton("y", "Yes"), new ChatButton("n", "No")], [new ChatButton("t", "Terms", "https://example.org/terms")]],
            };
        }

        await using var opened = await browser.OpenPageAsync(new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = 1700, Height = 900 } });
        var page = opened.Page;
        await page.GotoAsync($"{simulator.Url}/?all");
        await Assertions.Expect(page.Locator("#columns > .column")).ToHaveCountAsync(5);

        await page.GetByLabel("Message to all").FillAsync("hello");
        await page.Keyboard.PressAsync("Enter");

        foreach (var fake in _fakes)
        {
            var column = page.Locator($".column[data-platform='{fake.Name}']");
            await Assertions.Expect(column.Locator(".out .text")).ToHaveTextAsync("hello");
            await Assertions.Expect(column.Locator(".in .text")).ToHaveTextAsync($"{fake.Name} got hello");
            await Assertions.Expect(column.Locator(".in strong").Last).ToHaveTextAsync(fake.Name);
            await Assertions.Expect(column.GetByAltText("Hills")).ToHaveJSPropertyAsync("naturalWidth", 480);
            await Assertions.Expect(column.GetByRole(AriaRole.Link, new() { Name = "Terms" })).ToHaveAttributeAsync("href", "https://example.org/terms");
        }

        await Assertions.Expect(page.Locator(".column[data-platform='telegram'] .out .text")).ToHaveTextAsync("hello");
        (await simulator.BotAsync(81, "getUpdates"))["result"]![0]!["message"]!["text"]!.GetValue<string>().ShouldBe("hello");
        await page.Locator(".column[data-platform='whatsapp']").GetByRole(AriaRole.Button, new() { Name = "No", Exact = true }).ClickAsync();
        await SimulatorInstance.UntilAsync(() => Task.FromResult(!_fakes[1].Pressed.IsEmpty), "the button arrives");
        _fakes[1].Pressed.ShouldBe([("2", "n")]);

        // Only the platform with two bots asks which one.
        await page.GetByLabel("Bot on Slack").SelectOptionAsync("2");
        await Assertions.Expect(page.Locator(".column[data-platform='slack'] .messages > li")).ToHaveCountAsync(0);
        opened.Errors.ShouldBeEmpty();
    }

    [BrowserFact]
    public async Task Edits_typing_authors_and_deletions_are_followed_and_nothing_typed_is_lost()
    {
        var fake = _fakes[2];
        await using var simulator = await StartAsync();
        await using var opened = await browser.OpenPageAsync();
        var page = opened.Page;
        await page.GotoAsync($"{simulator.Url}/?platform=slack&bot=1");
        var messages = page.Locator("#messages > li");

        fake.Put(new ChatEntry("typing", true, ChatText.Plain("")) { IsTyping = true });
        await Assertions.Expect(page.Locator("#chat-status")).ToHaveTextAsync("typing…");
        fake.Remove("typing");
        await Assertions.Expect(page.Locator("#chat-status")).ToHaveTextAsync("webhook");

        var answer = fake.Say("first") with { Author = "Kim" };
        fake.Put(answer);
        fake.Put(fake.Say("second"));
        await Assertions.Expect(messages.First.Locator(".author")).ToHaveTextAsync("Kim");
        fake.Put(answer with { Text = ChatText.Plain("changed"), Edited = true });
        await Assertions.Expect(messages.First.Locator(".text")).ToHaveTextAsync("changed");
        await Assertions.Expect(messages.First.Locator("time")).ToContainTextAsync("edited");
        await Assertions.Expect(messages.Nth(1).Locator(".text")).ToHaveTextAsync("second");
        fake.Remove(answer.Id);
        await Assertions.Expect(messages).ToHaveCountAsync(1);

        var composer = page.GetByLabel("Message", new() { Exact = true });
        await composer.FillAsync("impossible");
        await composer.PressAsync("Enter");
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("That cannot be said here.");
        await Assertions.Expect(composer).ToHaveValueAsync("impossible");
        opened.Errors.ShouldAllBe(error => error.Contains("400", StringComparison.Ordinal));
    }

    [BrowserFact]
    public async Task Files_are_attached_and_only_what_this_server_has_is_loaded()
    {
        var fake = _fakes[0];
        await using var simulator = await StartAsync();
        await using var opened = await browser.OpenPageAsync(new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = 390, Height = 780 } });
        var page = opened.Page;
        var foreign = new List<string>();
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(simulator.Url, StringComparison.Ordinal))
            {
                foreign.Add(request.Url);
            }
        };
        await page.GotoAsync($"{simulator.Url}/?platform=messenger&bot=1");
        await page.Locator(".files").SetInputFilesAsync(
        [
            new FilePayload { Name = "note.txt", MimeType = "text/plain", Buffer = "hello"u8.ToArray() },
            new FilePayload { Name = "other.bin", MimeType = "", Buffer = [1, 2, 3] },
        ]);
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove other.bin" }).ClickAsync();
        await page.GetByLabel("Message", new() { Exact = true }).FillAsync("look");
        await page.Keyboard.PressAsync("Enter");
        await SimulatorInstance.UntilAsync(() => Task.FromResult(!fake.Sent.IsEmpty), "the file arrives");
        var sent = fake.Sent.Single();
        sent.Input.Text.ShouldBe("look");
        sent.Person.Name.ShouldBe("Alex");
        var file = sent.Input.Files.ShouldHaveSingleItem();
        (file.Name, file.MimeType, Encoding.UTF8.GetString(file.Bytes)).ShouldBe(("note.txt", "text/plain", "hello"));

        fake.Put(fake.Say("") with
        {
            Media =
            [
                new ChatMedia("image", "https://tracker.example/pixel.png", "Pixel"),
                new ChatMedia("image", "javascript:alert(1)", "Script"),
                new ChatMedia("audio", "/simulator/media/recording.wav", "Notes"),
                new ChatMedia("document", "/simulator/media/document.pdf", "Paper.pdf"),
            ],
        });
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "Pixel tracker.example" })).ToHaveAttributeAsync("href", "https://tracker.example/pixel.png");
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "Paper.pdf" })).ToHaveAttributeAsync("download", "Paper.pdf");
        await Assertions.Expect(page.Locator("audio")).ToHaveAttributeAsync("aria-label", "Notes");
        (await page.Locator("#messages img, #messages a[href^='javascript']").CountAsync()).ShouldBe(0);
        foreign.ShouldBeEmpty();
        opened.Errors.ShouldBeEmpty();
    }

    [BrowserFact]
    public async Task The_web_chat_is_a_column_too_if_it_is_on_this_machine()
    {
        await using var simulator = await StartAsync();
        await using var chat = await WebChat.MockWebChat.StartAsync();
        await using var opened = await browser.OpenPageAsync(new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = 1700, Height = 900 } });
        var page = opened.Page;
        await page.GotoAsync($"{simulator.Url}/?all&webchat={Uri.EscapeDataString(chat.PageAddress)}");
        var frame = page.FrameLocator("#webchat iframe");
        await frame.GetByLabel("Message", new() { Exact = true }).FillAsync("from the frame");
        await frame.GetByRole(AriaRole.Button, new() { Name = "Send message" }).ClickAsync();
        await Assertions.Expect(frame.Locator("#messages .bubble")).ToHaveTextAsync("from the frame");
        opened.Errors.ShouldBeEmpty();

        using var stranger = await simulator.Http.GetAsync("/?all&webchat=https://evil.example/webchat/1");
        stranger.Headers.GetValues("Content-Security-Policy").Single().ShouldEndWith("frame-src 'none'");
    }

    [Fact]
    public async Task Another_page_cannot_write_and_mistakes_are_told()
    {
        await using var simulator = await StartAsync();
        using var foreign = new HttpRequestMessage(HttpMethod.Post, "/simulator/chat/messages") { Content = Form("messenger", "1", "hi") };
        foreign.Headers.Add("Sec-Fetch-Site", "cross-site");
        (await simulator.Http.SendAsync(foreign)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);

        (await PostAsync(simulator, Form("nowhere", "1", "hi"))).ShouldBe((HttpStatusCode.BadRequest, "There is no such platform."));
        (await PostAsync(simulator, Form("messenger", "x", "hi"))).ShouldBe((HttpStatusCode.BadRequest, "person_id is a number."));
        (await PostAsync(simulator, Form("messenger", "0", "hi"))).ShouldBe((HttpStatusCode.BadRequest, "The person's id must be a positive number below 2^52."));
        (await PostAsync(simulator, Form("messenger", "1", " "))).ShouldBe((HttpStatusCode.BadRequest, "There is nothing to send."));
        (await PostAsync(simulator, Form("telegram", "1", "hi"))).ShouldBe((HttpStatusCode.BadRequest, "The bot is unknown: it has made no call yet."));
        (await PostAsync(simulator, Form("messenger", "1", "hi"))).Status.ShouldBe(HttpStatusCode.NoContent);
        _fakes[0].Sent.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Sample_media_are_what_they_say()
    {
        await using var simulator = await StartAsync();
        (await simulator.Http.GetByteArrayAsync("/simulator/media/picture.png"))[..4].ShouldBe([0x89, (byte)'P', (byte)'N', (byte)'G']);
        (await simulator.Http.GetByteArrayAsync("/simulator/media/recording.wav"))[..4].ShouldBe("RIFF"u8.ToArray());
        (await simulator.Http.GetByteArrayAsync("/simulator/media/document.pdf"))[..5].ShouldBe("%PDF-"u8.ToArray());
    }

    private static MultipartFormDataContent Form(string platform, string personId, string text) => new()
    {
        { new StringContent(platform), "platform" },
        { new StringContent("1"), "bot_id" },
        { new StringContent(personId), "person_id" },
        { new StringContent(text), "text" },
    };

    private static async Task<(HttpStatusCode Status, string? Detail)> PostAsync(SimulatorInstance simulator, HttpContent form)
    {
        using var response = await simulator.Http.PostAsync("/simulator/chat/messages", form);
        var body = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, body.Length == 0 ? null : JsonNode.Parse(body)!["detail"]?.GetValue<string>());
    }

    private Task<SimulatorInstance> StartAsync() => SimulatorInstance.StartAsync(builder =>
    {
        // In place of the platforms of the same name.
        var real = builder.Services.Where(s => s.ServiceType == typeof(IChatPlatform) && s.ImplementationType?.Name != "TelegramChat").ToList();
        real.ForEach(platform => builder.Services.Remove(platform));
        foreach (var fake in _fakes)
        {
            builder.Services.AddSingleton<IChatPlatform>(fake);
        }
    });
}
