using ChatOrchestrator.Tests.Fixtures;
using Microsoft.Playwright;

namespace ChatOrchestrator.Tests.Simulator;

/// <summary>The page at <c>/</c>, in a real browser.</summary>
public sealed class ChatPageTests(Browser browser) : IClassFixture<Browser>
{
    private const long Bot = 81;

    [BrowserFact]
    public async Task A_person_chats_and_no_markup_gets_in()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        await simulator.ControlAsync(HttpMethod.Put, $"telegram/bots/{Bot}", new { first_name = "Demo <b>bot</b>" });
        await using var opened = await browser.OpenPageAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = 390, Height = 780 },
            ColorScheme = ColorScheme.Dark,
        });
        var phone = opened.Page;
        await phone.GotoAsync(simulator.Url);
        await phone.GetByRole(AriaRole.Button, new() { Name = "Demo <b>bot</b>" }).ClickAsync();
        await phone.GetByLabel("Message", new() { Exact = true }).FillAsync("hello <img src=x onerror=alert(1)>");
        await phone.Keyboard.PressAsync("Enter");
        await Assertions.Expect(phone.Locator("#messages .out .text")).ToHaveTextAsync("hello <img src=x onerror=alert(1)>");

        var updates = (await simulator.BotAsync(Bot, "getUpdates"))["result"]!.AsArray();
        var chat = updates[0]!["message"]!["chat"]!["id"]!.GetValue<long>();
        await simulator.BotAsync(Bot, "sendChatAction", new { chat_id = chat, action = "typing" });
        await Assertions.Expect(phone.Locator("#chat-status")).ToHaveTextAsync("typing…");
        await simulator.BotAsync(Bot, "sendMessage", new
        {
            chat_id = chat,
            text = "<b>bold <i>both</i></b> <a href=\"https://example.org/\">link</a> &lt;script&gt; <pre><code class=\"language-cs\">var x = 1;</code></pre>",
            parse_mode = "HTML",
            reply_markup = new { inline_keyboard = new[] { new[] { new { text = "Yes", callback_data = "y" } } } },
        });
        var answer = phone.Locator("#messages .in .text");
        await Assertions.Expect(answer.Locator("em")).ToHaveTextAsync("both");
        await Assertions.Expect(answer.Locator("a")).ToHaveAttributeAsync("href", "https://example.org/");
        await Assertions.Expect(answer.Locator("pre")).ToHaveTextAsync("var x = 1;");
        await Assertions.Expect(answer).ToContainTextAsync("<script>");
        await Assertions.Expect(phone.Locator("#chat-status")).Not.ToHaveTextAsync("typing…");
        (await phone.Locator("#messages script, #messages img").CountAsync()).ShouldBe(0);

        await phone.GetByRole(AriaRole.Button, new() { Name = "Yes" }).ClickAsync();
        await SimulatorInstance.UntilAsync(
            async () => (await simulator.BotAsync(Bot, "getUpdates"))["result"]!.AsArray().Any(static update => update!["callback_query"] is not null), "the button arrives");
        opened.Errors.ShouldBeEmpty();
    }
}
