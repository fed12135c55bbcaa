namespace ChatOrchestrator.Tests.WebChat;

public sealed class WebChatConversationTests(WebChatBrowser browser) : WebChatTest(browser)
{
    [ChromiumFact]
    public async Task Sends_a_message_and_shows_the_answer()
    {
        Server.OnUserMessage = message => Server.Publish("bot", $"You said **{message.Text}**");
        await OpenAsync();
        await Expect(Page.GetByRole(Microsoft.Playwright.AriaRole.Heading, new() { Name = "Chat with Ada" })).ToBeVisibleAsync();

        await SendAsync("hello");

        await Expect(Messages).ToHaveCountAsync(2);
        await Expect(Messages.Nth(0)).ToContainTextAsync("hello");
        await Expect(Messages.Nth(0)).ToHaveAttributeAsync("data-state", "stored");
        await Expect(Messages.Nth(1).Locator("strong")).ToHaveTextAsync("hello");
        await Expect(Composer).ToHaveValueAsync("");
        await Expect(Composer).ToBeFocusedAsync();
        await Expect(Page.Locator("#announcer")).ToHaveTextAsync("Ada: You said hello");
        await Expect(Page.Locator("#empty")).ToBeHiddenAsync();
    }

    [ChromiumFact]
    public async Task Streams_an_answer_that_the_finished_message_replaces()
    {
        await OpenAsync();
        await UntilAsync(() => Server.OpenStreams == 1, "stream open");
        Server.Emit("typing", new { on = true });
        await Expect(Page.Locator("#typing")).ToBeVisibleAsync();

        Server.Emit("delta", new { turnId = "t1", text = "Half a **bo" });
        await Expect(Messages.Locator("strong")).ToHaveTextAsync("bo");
        await Expect(Page.Locator("#typing")).ToBeHiddenAsync();
        await Expect(Page.Locator("#announcer")).ToBeEmptyAsync();
        Server.Emit("delta", new { turnId = "t1", text = "ld** word" });
        await Expect(Messages.Locator(".bubble")).ToHaveTextAsync("Half a bold word");

        Server.Publish("bot", "Half a **bold** word, finished.", turnId: "t1");
        Server.Emit("delta", new { turnId = "t1", text = "too late" });
        Server.Publish("bot", "Next");
        await Expect(Messages).ToHaveCountAsync(2);
        await Expect(Messages.Nth(0).Locator(".bubble")).ToHaveTextAsync("Half a bold word, finished.");
        await Expect(Page.Locator("#announcer p").First).ToHaveTextAsync("Ada: Half a bold word, finished.");
    }

    [ChromiumFact]
    public async Task A_failed_turn_takes_its_streamed_text_away()
    {
        await OpenAsync();
        await UntilAsync(() => Server.OpenStreams == 1, "stream open");
        Server.Emit("delta", new { turnId = "t1", text = "Never mind" });
        await Expect(Messages).ToHaveCountAsync(1);
        Server.Emit("failed", new { turnId = "t1" });
        await Expect(Messages).ToHaveCountAsync(0);
    }

    [ChromiumFact]
    public async Task History_is_there_after_a_reload_with_the_greeting_first()
    {
        Server.Greeting = "Welcome!";
        Server.OnUserMessage = message => Server.Publish("bot", $"Echo {message.Text}");
        await OpenAsync();
        await Expect(Messages).ToHaveTextAsync([new System.Text.RegularExpressions.Regex("Welcome!")]);
        await SendAsync("one");
        await Expect(Messages).ToHaveCountAsync(3);

        await Page.ReloadAsync();

        await Expect(Messages).ToHaveCountAsync(3);
        await Expect(Messages.Nth(0)).ToContainTextAsync("Welcome!");
        await Expect(Messages.Nth(1)).ToContainTextAsync("one");
        await Expect(Messages.Nth(2)).ToContainTextAsync("Echo one");
    }

    [ChromiumFact]
    public async Task Scrolling_up_loads_the_whole_history_once_and_in_order()
    {
        for (var i = 1; i <= 130; i++)
        {
            Server.Append(i % 2 == 0 ? "bot" : "user", $"message {i}", age: TimeSpan.FromMinutes(200 - i));
        }

        await OpenAsync();
        await Expect(Messages.Last).ToBeInViewportAsync();
        var log = Page.Locator("#log");
        for (var loaded = 50; loaded < 130; loaded += 50)
        {
            await Expect(Messages).ToHaveCountAsync(loaded);
            await log.EvaluateAsync("log => { log.scrollTop = 0; }");
        }

        await Expect(Messages).ToHaveCountAsync(130);
        var texts = await Messages.Locator(".bubble").AllTextContentsAsync();
        texts.ShouldBe(Enumerable.Range(1, 130).Select(i => $"message {i}"));

        // Reading above: a new message does not pull the reader down, but says that it is there.
        Server.Publish("bot", "fresh");
        await Expect(Page.Locator("#pill")).ToHaveTextAsync("New message");
        await Expect(Messages.Last).Not.ToBeInViewportAsync();
        await Page.Locator("#pill").ClickAsync();
        await Expect(Messages.Last).ToBeInViewportAsync();
        await Expect(Page.Locator("#pill")).ToBeHiddenAsync();
    }

    [ChromiumFact]
    public async Task A_second_tab_shows_the_same_conversation()
    {
        await OpenAsync();
        var second = await NewPageAsync();
        await second.GotoAsync(Server.PageAddress);
        await Expect(second.Locator("#connection")).ToHaveAttributeAsync("data-state", "online");
        await UntilAsync(() => Server.OpenStreams == 2, "both streams open");

        await SendAsync("from the first");

        await Expect(second.Locator("#messages > li .bubble")).ToHaveTextAsync(["from the first"]);
        await Expect(Messages).ToHaveCountAsync(1);
    }

    [ChromiumFact]
    public async Task Works_with_the_keyboard_alone()
    {
        Server.OnUserMessage = _ => Server.Publish("bot", "```js\nalert(1)\n```\n\nSee [the page](https://example.org/).");
        await Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        await OpenAsync();
        await Expect(Composer).ToBeFocusedAsync();
        await Page.Keyboard.TypeAsync("first line");
        await Page.Keyboard.PressAsync("Shift+Enter");
        await Page.Keyboard.TypeAsync("second line");
        await Page.Keyboard.PressAsync("Enter");
        await Expect(Messages).ToHaveCountAsync(2);
        Server.PostedTexts.ShouldBe(["first line\nsecond line"]);

        string[] reached = [];
        for (var i = 0; i < 8 && !reached.Contains("log"); i++)
        {
            await Page.Keyboard.PressAsync("Shift+Tab");
            reached = [.. reached, await Page.EvaluateAsync<string>("document.activeElement.id || document.activeElement.className || document.activeElement.localName")];
            if (reached[^1] == "copy")
            {
                await Page.Keyboard.PressAsync("Enter");
            }
        }

        reached.ShouldBe(["a", "pre", "copy", "log"]);
        (await Page.EvaluateAsync<string>("navigator.clipboard.readText()")).ShouldBe("alert(1)");
    }

    [ChromiumFact]
    public async Task The_limit_shows_when_near_and_stops_sending_when_passed()
    {
        Server.MaxTextLength = 1000;
        await OpenAsync();
        var counter = Page.Locator("#counter");
        await Composer.FillAsync(new string('a', 800));
        await Expect(counter).ToBeEmptyAsync();
        await Composer.FillAsync(new string('a', 990));
        await Expect(counter).ToHaveTextAsync("10 characters left");
        await Composer.FillAsync(new string('a', 1001));
        await Expect(counter).ToHaveTextAsync("1 character too long");
        await Expect(Page.Locator("#send")).ToBeDisabledAsync();
        await Composer.PressAsync("Enter");
        await Expect(Composer).ToHaveValueAsync(new string('a', 1001));
        await Composer.FillAsync("  \n ");
        await Expect(Page.Locator("#send")).ToBeDisabledAsync();
        Server.PostedTexts.ShouldBeEmpty();
    }

    [ChromiumFact]
    public async Task Tells_when_a_person_takes_over_and_when_the_conversation_ends()
    {
        await OpenAsync();
        await UntilAsync(() => Server.OpenStreams == 1, "stream open");
        Server.Emit("state", new { state = "handed_off" });
        Server.Publish("agent", "Hi, this is Kim.");
        await Expect(Page.Locator("#notice")).ToHaveTextAsync("A person has joined the conversation and will answer you.");
        await Expect(Messages.Locator(".who")).ToHaveTextAsync("Agent");
        Server.Emit("state", new { state = "active" });
        await Expect(Page.Locator("#notice")).ToBeHiddenAsync();
        Server.Emit("state", new { state = "ended" });
        await Expect(Page.Locator("#notice")).ToHaveTextAsync("This conversation has ended.");
    }
}
