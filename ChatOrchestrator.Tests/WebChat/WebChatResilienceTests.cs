using System.Text.RegularExpressions;

namespace ChatOrchestrator.Tests.WebChat;

public sealed class WebChatResilienceTests(WebChatBrowser browser) : WebChatTest(browser)
{
    [ChromiumFact]
    public async Task A_dropped_stream_loses_nothing_and_doubles_nothing()
    {
        Server.Append("bot", "m1");
        Server.Append("bot", "m2");
        await OpenAsync();
        await UntilAsync(() => Server.OpenStreams == 1, "stream open");
        Server.Publish("bot", "m3");
        await Expect(Messages).ToHaveCountAsync(3);

        for (var round = 0; round < 3; round++)
        {
            Server.DropStreams();
            await UntilAsync(() => Server.OpenStreams == 0, "stream dropped");
            Server.Append("bot", $"m{4 + (2 * round)}");
            await UntilAsync(() => Server.OpenStreams == 1, "stream open again");
            Server.Publish("bot", $"m{5 + (2 * round)}");
            await Expect(Messages).ToHaveCountAsync(5 + (2 * round));
        }

        (await Messages.Locator(".bubble").AllTextContentsAsync()).ShouldBe(Enumerable.Range(1, 9).Select(i => $"m{i}"));
        Server.LastEventIds.ShouldBe(["2", "3", "5", "7"]);
    }

    [ChromiumFact]
    public async Task Streamed_text_with_a_hole_waits_for_the_finished_message()
    {
        await OpenAsync();
        await UntilAsync(() => Server.OpenStreams == 1, "stream open");
        Server.Emit("delta", new { turnId = "t1", text = "Begin " });
        await Expect(Messages.Locator(".bubble")).ToHaveTextAsync("Begin ");
        Server.DropStreams();
        await UntilAsync(() => Server.OpenStreams == 0, "stream dropped");
        await UntilAsync(() => Server.OpenStreams == 1, "stream open again");
        Server.Emit("delta", new { turnId = "t1", text = "end" });
        Server.Publish("user", "from elsewhere");
        await Expect(Messages).ToHaveCountAsync(2);
        await Expect(Messages.Last.Locator(".bubble")).ToHaveTextAsync("Begin ");
        Server.Publish("bot", "Begin middle end", turnId: "t1");
        await Expect(Messages.Last.Locator(".bubble")).ToHaveTextAsync("Begin middle end");
        await Expect(Messages).ToHaveCountAsync(2);
    }

    [ChromiumFact]
    public async Task Offline_messages_wait_survive_a_reload_of_the_tab_and_go_out_in_order()
    {
        await OpenAsync();
        await Context.SetOfflineAsync(true);
        await Expect(Page.Locator("#banner")).ToContainTextAsync("You are offline");
        await SendAsync("one");
        await SendAsync("two");
        await SendAsync("three");
        await Expect(Messages).ToHaveCountAsync(3);
        await Expect(Messages.Last).ToContainTextAsync("Waiting for the connection");
        Server.PostedTexts.ShouldBeEmpty();

        await Context.SetOfflineAsync(false);

        await Expect(Page.Locator("#banner")).ToBeHiddenAsync();
        await Expect(Page.Locator("#messages > li[data-state=stored]")).ToHaveCountAsync(3);
        Server.Messages.Select(m => m.Text).ShouldBe(["one", "two", "three"]);
        (await Messages.Locator(".bubble").AllTextContentsAsync()).ShouldBe(["one", "two", "three"]);
    }

    [ChromiumFact]
    public async Task What_was_not_sent_is_still_there_after_a_reload()
    {
        Enumerable.Range(0, 4).ToList().ForEach(_ => Server.PostFaults.Enqueue((503, null)));
        await OpenAsync();
        await SendAsync("keep me");
        await Composer.FillAsync("a draft");
        await Expect(Messages.Last).ToHaveAttributeAsync("data-state", "failed");
        await Page.ReloadAsync();
        await Expect(Composer).ToHaveValueAsync("a draft");
        await Messages.Last.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Retry" }).ClickAsync();
        await Expect(Messages.Last).ToHaveAttributeAsync("data-state", "stored");
        Server.Messages.Select(m => m.Text).ShouldBe(["keep me"]);
    }

    [ChromiumFact]
    public async Task Unavailable_is_tried_again_unseen_then_offered_to_retry_without_overtaking()
    {
        Enumerable.Range(0, 4).ToList().ForEach(_ => Server.PostFaults.Enqueue((503, null)));
        await OpenAsync();
        await SendAsync("first");
        await SendAsync("second");
        await Expect(Messages.Nth(0)).ToContainTextAsync("Not sent. The chat cannot be reached right now.");
        await Expect(Messages.Nth(1)).ToHaveAttributeAsync("data-state", "failed");
        (await Page.Locator("body").InnerTextAsync()).ShouldNotContain("Npgsql");
        Server.PostedTexts.ShouldAllBe(text => text == "first");

        await Messages.Nth(0).GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Retry" }).ClickAsync();

        await Expect(Page.Locator("#messages > li[data-state=stored]")).ToHaveCountAsync(2);
        Server.Messages.Select(m => m.Text).ShouldBe(["first", "second"]);
    }

    [ChromiumFact]
    public async Task Too_many_requests_waits_as_long_as_the_server_says()
    {
        Server.PostFaults.Enqueue((429, 1));
        await OpenAsync();
        await SendAsync("quick");
        await Expect(Messages.Last).ToContainTextAsync("You are writing very fast");
        await Expect(Messages.Last).ToHaveAttributeAsync("data-state", "stored");
        Server.Messages.Count.ShouldBe(1);
    }

    [ChromiumFact]
    public async Task A_rejected_text_goes_back_to_the_field_to_be_changed()
    {
        Server.PostFaults.Enqueue((422, null));
        await OpenAsync();
        await SendAsync("no good");
        await Expect(Messages.Last).ToContainTextAsync("Please shorten or change the message");
        await Messages.Last.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Edit" }).ClickAsync();
        await Expect(Composer).ToHaveValueAsync("no good");
        await Expect(Composer).ToBeFocusedAsync();
        await Expect(Messages).ToHaveCountAsync(0);
    }

    [ChromiumFact]
    public async Task A_lost_answer_does_not_double_the_message()
    {
        Server.LostAnswers = 2;
        await OpenAsync();
        await SendAsync("once");
        await Expect(Messages.Last).ToHaveAttributeAsync("data-state", "stored");
        await SendAsync("twice");
        await Expect(Page.Locator("#messages > li[data-state=stored]")).ToHaveCountAsync(2);
        (await Messages.Locator(".bubble").AllTextContentsAsync()).ShouldBe(["once", "twice"]);
        Server.Messages.Count.ShouldBe(2);
    }

    [ChromiumFact]
    public async Task An_expired_token_is_renewed_unseen()
    {
        await OpenAsync();
        await SendAsync("before");
        await Expect(Messages.Last).ToHaveAttributeAsync("data-state", "stored");
        Server.ExpireTokens();
        Server.DropStreams();
        await SendAsync("after");
        await Expect(Page.Locator("#messages > li[data-state=stored]")).ToHaveCountAsync(2);
        Server.Publish("bot", "still here");
        await Expect(Messages).ToHaveCountAsync(3);
    }

    [ChromiumFact]
    public async Task History_that_cannot_be_loaded_at_first_is_tried_again()
    {
        Server.Append("bot", "patience");
        Server.HistoryFaults = 2;
        await OpenAsync();
        await Expect(Messages).ToHaveTextAsync([new Regex("patience")]);
    }

    [ChromiumFact]
    public async Task A_silent_stream_counts_as_dead_after_forty_seconds()
    {
        await Page.Clock.InstallAsync();
        await OpenAsync();
        await UntilAsync(() => Server.OpenStreams == 1, "stream open");
        await Page.Clock.FastForwardAsync(30_000);
        Server.Publish("bot", "a sign of life");
        await Expect(Messages).ToHaveCountAsync(1);
        await Page.Clock.FastForwardAsync(30_000);
        Server.LastEventIds.ShouldBe(["0"]);
        await Page.Clock.FastForwardAsync(11_000);
        await UntilAsync(() => Server.LastEventIds.Count == 2, "stream open again");
        Server.LastEventIds.ShouldBe(["0", "1"]);
    }

    [ChromiumFact]
    public async Task A_conversation_the_server_no_longer_has_gives_way_to_a_new_one()
    {
        Server.OnUserMessage = message => Server.Publish("bot", $"Echo {message.Text}");
        await OpenAsync();
        await SendAsync("old");
        await Expect(Messages).ToHaveCountAsync(2);
        Server.ForgetConversation();
        await Expect(Page.Locator("#notice")).ToContainTextAsync("This is a new one");
        await SendAsync("new");
        await Expect(Messages.Last).ToContainTextAsync("Echo new");
        (await Messages.Locator(".bubble").AllTextContentsAsync()).ShouldBe(["new", "Echo new"]);
    }

    [ChromiumFact]
    public async Task Events_are_read_whatever_way_the_network_cuts_them()
    {
        await OpenAsync();
        var events = await Page.EvaluateAsync<string[]>(
            """
            async () => {
              const { createEventParser } = await import('./assets/event-stream.js');
              const text = ': ping\r\n\r\nevent: delta\rdata: {"a":1}\r\rid: 7\ndata: one\ndata:two\r\n\nignored\n\n: x\ndata\n\n';
              const results = new Set();
              for (let size = 1; size <= text.length; size++) {
                const seen = [];
                const parse = createEventParser((e) => seen.push(`${e.type}|${e.data}|${e.id ?? ''}`));
                for (let i = 0; i < text.length; i += size) parse(text.slice(i, i + size));
                results.add(seen.join(' ; '));
              }
              return [...results];
            }
            """);
        events.ShouldBe(["delta|{\"a\":1}| ; message|one\ntwo|7 ; message||"]);
    }
}
