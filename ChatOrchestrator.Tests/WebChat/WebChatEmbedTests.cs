using Microsoft.Playwright;

namespace ChatOrchestrator.Tests.WebChat;

public sealed class WebChatEmbedTests(WebChatBrowser browser) : WebChatTest(browser)
{
    private ILocator Launcher => Page.Locator(".launcher");

    private IFrameLocator Frame => Page.FrameLocator("[data-webchat] iframe");

    [ChromiumFact]
    public async Task Opens_chats_and_closes_on_a_foreign_page_with_the_keyboard()
    {
        Server.OnUserMessage = message => Server.Publish("bot", $"Echo {message.Text}");
        await Page.GotoAsync(Server.ForeignAddress + "host");
        await Expect(Launcher).ToHaveAttributeAsync("aria-label", "Open chat");
        await Expect(Page.Locator("iframe")).ToHaveCountAsync(0);

        await Launcher.FocusAsync();
        await Page.Keyboard.PressAsync("Enter");
        await Expect(Launcher).ToHaveAttributeAsync("aria-expanded", "true");
        var field = Frame.GetByLabel("Message", new() { Exact = true });
        await Expect(field).ToBeFocusedAsync();
        await Expect(Frame.Locator("#bot-name")).ToHaveTextAsync("Help");
        await Page.Keyboard.TypeAsync("hi");
        await Page.Keyboard.PressAsync("Enter");
        await Expect(Frame.Locator("#messages > li")).ToHaveCountAsync(2);

        await Page.Keyboard.PressAsync("Escape");
        await Expect(Page.Locator(".panel")).ToBeHiddenAsync();
        await Expect(Launcher).ToBeFocusedAsync();

        Server.Publish("bot", "Are you there?");
        await Expect(Page.Locator(".badge")).ToHaveTextAsync("1");
        await Expect(Launcher).ToHaveAttributeAsync("aria-label", "Open chat, 1 new");
        await Launcher.ClickAsync();
        await Expect(Page.Locator(".badge")).ToBeHiddenAsync();
        await Expect(Frame.Locator("#messages > li").Last).ToBeInViewportAsync();
        await Frame.GetByRole(AriaRole.Button, new() { Name = "Close chat" }).ClickAsync();
        await Expect(Page.Locator(".panel")).ToBeHiddenAsync();
    }

    [ChromiumFact]
    public async Task Styles_neither_leak_in_nor_out()
    {
        await Page.GotoAsync(Server.ForeignAddress + "host");
        await Expect(Launcher).ToBeVisibleAsync();
        var style = await Launcher.EvaluateAsync<string>(
            "e => { const s = getComputedStyle(e); return `${s.backgroundColor} ${s.borderTopWidth} ${s.width} ${getComputedStyle(e.getRootNode().host).opacity}`; }");
        style.ShouldBe("rgb(11, 122, 92) 0px 56px 1");
        var box = await Launcher.BoundingBoxAsync();
        box.ShouldNotBeNull();
        (box.X + box.Width).ShouldBe(1080, 1);
        (box.Y + box.Height).ShouldBe(780, 1);

        var before = await HostStyleAsync();
        await Launcher.ClickAsync();
        await Expect(Page.Locator(".panel iframe")).ToBeVisibleAsync();
        (await HostStyleAsync()).ShouldBe(before);
        before.ShouldContain("rgb(255, 255, 0)");
    }

    private Task<string> HostStyleAsync() => Page.Locator("body > p > button").EvaluateAsync<string>(
        "e => { const s = getComputedStyle(e); return `${s.font} ${s.backgroundColor} ${s.borderTopWidth} ${getComputedStyle(document.body).overflow}`; }");
}
