using Microsoft.Playwright;

namespace ChatOrchestrator.Tests.WebChat;

/// <summary>Buttons and files in an answer.</summary>
public sealed class WebChatAnswerBlocksTests(WebChatBrowser browser) : WebChatTest(browser)
{
    private const string Question = "Shall I?\n\n[Yes, *do*](reply:yes%20please) [No](reply:) [Terms](https://example.org/terms)";

    [ChromiumFact]
    public async Task A_button_sends_its_label_and_payload_once()
    {
        await OpenAsync();
        Server.Publish("bot", Question);
        var buttons = Messages.First.GetByRole(AriaRole.Group, new() { Name = "Answers to choose from" }).GetByRole(AriaRole.Button);
        await Expect(buttons).ToHaveTextAsync(["Yes, do", "No"]);
        await Expect(Messages.First.GetByRole(AriaRole.Link)).ToHaveAttributeAsync("href", "https://example.org/terms");

        // With the keyboard, as any button.
        await buttons.First.FocusAsync();
        await Page.Keyboard.PressAsync("Enter");

        await Expect(Messages).ToHaveCountAsync(2);
        await Expect(Messages.Nth(1).Locator(".bubble")).ToHaveTextAsync("Yes, do");
        await Expect(Messages.Nth(1)).ToHaveAttributeAsync("data-state", "stored");
        await Expect(buttons.First).ToBeDisabledAsync();
        await Expect(buttons.Nth(1)).ToBeDisabledAsync();
        await Expect(Page.Locator("#log")).ToBeFocusedAsync();
        Server.PostedTexts.ShouldBe(["Yes, do"]);
        Server.PostedPayloads.ShouldBe(["yes please"]);
    }

    [ChromiumFact]
    public async Task Only_the_newest_messages_buttons_can_be_pressed()
    {
        Server.Greeting = "Hi.\n\n[Prices](reply:prices)";
        await OpenAsync();
        var prices = Page.GetByRole(AriaRole.Button, new() { Name = "Prices" });
        await Expect(prices).ToBeEnabledAsync();

        Server.PostFaults.Enqueue((422, null));
        await prices.ClickAsync();
        await Expect(Messages.Last).ToHaveAttributeAsync("data-state", "failed");
        await Expect(prices).ToBeDisabledAsync();
        await Page.GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await Expect(prices).ToBeEnabledAsync();

        await UntilAsync(() => Server.OpenStreams == 1, "stream open");
        Server.Emit("delta", new { turnId = "t1", text = Question });
        var no = Page.GetByRole(AriaRole.Button, new() { Name = "No", Exact = true });
        await Expect(no).ToBeDisabledAsync();
        await Expect(prices).ToBeDisabledAsync();
        Server.Publish("bot", Question, turnId: "t1");
        await Expect(no).ToBeEnabledAsync();

        await Page.ReloadAsync();
        await Expect(no).ToBeEnabledAsync();
        await SendAsync("Something else");
        await Expect(Messages.Last).ToHaveAttributeAsync("data-state", "stored");
        await Expect(no).ToBeDisabledAsync();
        Server.PostedPayloads.ShouldBe(["prices", ""]);
    }

    [ChromiumFact]
    public async Task A_button_that_was_pressed_offline_keeps_its_payload_over_a_reload()
    {
        Server.Append("bot", Question);
        await OpenAsync();
        Server.PostFaults.Enqueue((503, 1));
        Server.PostFaults.Enqueue((503, 1));
        Server.PostFaults.Enqueue((503, 1));
        Server.PostFaults.Enqueue((503, 1));
        await Page.GetByRole(AriaRole.Button, new() { Name = "No", Exact = true }).ClickAsync();
        await Expect(Messages.Last).ToHaveAttributeAsync("data-state", "failed");
        await Page.ReloadAsync();
        await Page.GetByRole(AriaRole.Button, new() { Name = "Retry" }).ClickAsync();
        await Expect(Messages.Last).ToHaveAttributeAsync("data-state", "stored");
        Server.PostedPayloads.ShouldAllBe(payload => payload == "No");
    }

    [ChromiumFact]
    public async Task Pictures_of_this_server_are_shown_and_others_are_links()
    {
        var foreign = new List<string>();
        Page.Request += (_, request) =>
        {
            if (new Uri(request.Url).Authority != Server.Address.Authority)
            {
                foreign.Add(request.Url);
            }
        };
        Server.Append("bot", $"""
            ![Own]({Server.Address}picture.png)

            ![Pixel](https://tracker.example/pixel.png)

            ![Gone]({Server.Address}gone.png)

            ![Song](https://files.example/a?id=1 "audio") ![Paper](https://files.example/a.pdf)

            A picture in a text: ![Inline]({Server.Address}picture.png)
            """);
        await OpenAsync();
        await Expect(Messages.First.GetByAltText("Own")).ToHaveJSPropertyAsync("naturalWidth", 1);
        await Expect(Messages.First.Locator("a.image-link")).ToHaveTextAsync(["Pixel", "Gone", "Song", "Paper", "Inline"]);
        await Expect(Messages.First.Locator("a[data-kind=audio]")).ToHaveTextAsync("Song");
        await Expect(Messages.First.Locator("a[data-kind=document]")).ToHaveTextAsync("Paper");
        await Expect(Messages.First.Locator("img")).ToHaveCountAsync(1);
        foreign.ShouldBeEmpty();
    }

    [ChromiumFact]
    public async Task Pictures_of_an_origin_that_the_connection_names_are_shown_too()
    {
        Server.ImageOrigins = [Server.ForeignAddress.TrimEnd('/')];
        Server.Append("bot", $"![Named]({Server.ForeignAddress}picture.png)\n\n![Other](https://tracker.example/pixel.png)");
        await OpenAsync();
        await Expect(Messages.First.GetByAltText("Named")).ToHaveJSPropertyAsync("naturalWidth", 1);
        await Expect(Messages.First.Locator("a.image-link")).ToHaveTextAsync("Other");
    }

    [ChromiumFact]
    public async Task A_choice_within_a_text_is_text()
    {
        Server.Append("bot", "Say [yes](reply:yes) or not.\n\n- [a](reply:a)\n\n[only](https://example.org/) [links](https://example.org/)\n\n![x](reply:y)");
        await OpenAsync();
        await Expect(Messages.First.Locator("p").First).ToHaveTextAsync("Say yes or not.");
        await Expect(Messages.First.Locator("li")).ToHaveTextAsync("a");
        await Expect(Messages.First.Locator("button.choice, .choices, a[href^=reply]")).ToHaveCountAsync(0);
        await Expect(Messages.First.GetByRole(AriaRole.Link)).ToHaveCountAsync(2);
    }
}
