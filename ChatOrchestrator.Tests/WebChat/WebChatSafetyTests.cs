namespace ChatOrchestrator.Tests.WebChat;

public sealed class WebChatSafetyTests(WebChatBrowser browser) : WebChatTest(browser)
{
    private static readonly string[] Attacks =
    [
        "<script>window.hacked = 1</script>",
        "<img src=x onerror=\"window.hacked = 1\">",
        "<svg onload=\"window.hacked = 1\"><script>window.hacked = 1</script></svg>",
        "<iframe srcdoc=\"<script>parent.hacked = 1</script>\"></iframe>",
        "[click](javascript:window.hacked=1)",
        "[click](JaVaScRiPt:window.hacked=1) [tab](java\tscript:window.hacked=1) [entity](javascript&#58;window.hacked=1)",
        "[data](data:text/html,<script>window.hacked=1</script>) [vb](vbscript:x) [blob](blob:http://a/b) [file](file:///etc/passwd)",
        "![pic](javascript:window.hacked=1) ![pic](https://evil.example/x.png\" onerror=\"window.hacked=1)",
        "<javascript:window.hacked=1> <https://a.example/\"onmouseover=\"window.hacked=1>",
        "```html\" onclick=\"window.hacked=1\n</code></pre><script>window.hacked=1</script>\n```",
        "| a | b |\n|---|---|\n| <script>window.hacked=1</script> | [x](javascript:window.hacked=1) |",
        "https://a.example/\"><script>window.hacked=1</script>",
        "&lt;script&gt;window.hacked=1&lt;/script&gt;",
        "[a]: javascript:window.hacked=1\n\n[a]",
        "# <b onclick=window.hacked=1>x</b>\n> <style>*{display:none}</style>\n- <form action=/x><input name=y>",
    ];

    [ChromiumFact]
    public async Task Nothing_in_any_message_becomes_markup_or_script()
    {
        Server.Greeting = Attacks[1];
        Server.BotName = "<img src=x onerror='window.hacked=1'>";
        foreach (var attack in Attacks)
        {
            Server.Append("bot", attack);
            Server.Append("user", attack);
            Server.Append("agent", attack);
        }

        await OpenAsync();
        foreach (var attack in Attacks)
        {
            Server.Emit("delta", new { turnId = "t1", text = attack + "\n\n" });
        }

        await SendAsync(Attacks[0]);
        Server.Publish("bot", "end");
        await Expect(Messages.GetByText("end", new() { Exact = true })).ToBeVisibleAsync();

        // Whatever became a link is clicked: none of it may run anything.
        await Page.EvaluateAsync(
            """
            for (const link of document.querySelectorAll('#messages a')) {
              link.removeAttribute('target');
              link.addEventListener('click', (event) => { if (link.protocol !== 'javascript:') event.preventDefault(); });
              link.click();
            }
            """);
        (await Page.EvaluateAsync<bool>("'hacked' in window")).ShouldBeFalse();
        var foreign = await Page.EvaluateAsync<string[]>(
            "[...document.querySelectorAll('#app :is(script, iframe, img, object, embed, form:not(#composer), style, b, #messages svg, #messages [onclick], #messages [onerror])')].map(e => e.outerHTML)");
        foreign.ShouldBeEmpty();
        var links = await Page.EvaluateAsync<string[]>("[...document.querySelectorAll('#messages a')].map(a => a.protocol + ' ' + a.rel)");
        links.ShouldNotBeEmpty();
        links.ShouldAllBe(link => link == "https: noopener noreferrer nofollow" || link == "http: noopener noreferrer nofollow");
        await Expect(Messages.Filter(new() { HasText = "<script>window.hacked = 1</script>" }).First).ToBeVisibleAsync();
    }

    [ChromiumFact]
    public async Task Markdown_becomes_structure()
    {
        Server.Append("bot", """
            # Title
            Some *emphasis*, **strong *both***, ~~gone~~, `code`, snake_case_name, 2 * 3 * 4, and \*escaped\*.
            Second line with <b>raw</b> &amp; https://example.org/a_(b).

            1. one
               - nested
               - [x] done
               - [ ] open
            2. two

               still two

            > quoted **text**
            > - in a list

            | left | right |
            |:-----|------:|
            | a \| b | `x` |

            ```python
            if a < b:
                print("*no*")
            ```
            [mail](mailto:a@example.org) ![chart](https://example.org/c.png)
            """);
        await OpenAsync();
        var bubble = Messages.First.Locator(".bubble");
        await Expect(bubble.Locator("h3")).ToHaveTextAsync("Title");
        await Expect(bubble.Locator("p em").First).ToHaveTextAsync("emphasis");
        await Expect(bubble.Locator("p strong em")).ToHaveTextAsync("both");
        await Expect(bubble.Locator("del")).ToHaveTextAsync("gone");
        await Expect(bubble.Locator("p").First).ToContainTextAsync("snake_case_name, 2 * 3 * 4, and *escaped*.");
        await Expect(bubble.Locator("p").First).ToContainTextAsync("<b>raw</b> & https://example.org/a_(b).");
        await Expect(bubble.Locator("p br").First).ToBeAttachedAsync();
        await Expect(bubble.Locator("a").First).ToHaveAttributeAsync("href", "https://example.org/a_(b)");
        await Expect(bubble.Locator(":scope > ol > li")).ToHaveCountAsync(2);
        await Expect(bubble.Locator("ol ul > li")).ToHaveCountAsync(3);
        await Expect(bubble.Locator("ol ul input:checked")).ToHaveCountAsync(1);
        await Expect(bubble.Locator("blockquote li")).ToHaveTextAsync("in a list");
        await Expect(bubble.Locator("td")).ToHaveTextAsync(["a | b", "x"]);
        await Expect(bubble.Locator("td").Nth(1)).ToHaveClassAsync("align-right");
        await Expect(bubble.Locator("pre code")).ToHaveTextAsync("if a < b:\n    print(\"*no*\")");
        await Expect(bubble.Locator(".language")).ToHaveTextAsync("python");
        await Expect(bubble.Locator("a[href='mailto:a@example.org']")).ToHaveTextAsync("mail");
        await Expect(bubble.Locator("a.image-link")).ToHaveTextAsync("chart");
    }

    [ChromiumFact]
    public async Task A_hundred_thousand_characters_neither_freeze_the_page_nor_lose_any()
    {
        string[] kinds =
        [
            new string('a', 100_000),
            string.Concat(Enumerable.Repeat("word **bold** `code` ", 4_800)),
            string.Concat(Enumerable.Repeat("line\n", 20_000)),
            new string('*', 50_000) + "x" + new string('*', 49_000),
            new string('[', 100_000),
            string.Concat(Enumerable.Repeat("[a](", 25_000)),
            new string('>', 100_000),
            new string('`', 99_999) + "\n`",
            string.Concat(Enumerable.Repeat("- ", 50_000)),
            string.Concat(Enumerable.Repeat("*a _b ", 16_000)),
            "|" + string.Concat(Enumerable.Repeat("a|", 400)) + "\n|" + string.Concat(Enumerable.Repeat("-|", 400)) + "\n" + string.Concat(Enumerable.Repeat("|\n", 49_000)),
            "# " + new string(' ', 99_000) + "x",
            new string('\n', 99_999) + "x",
            "- a" + new string('\n', 99_990) + "- b",
        ];
        Server.MaxTextLength = 200_000;
        await OpenAsync();
        foreach (var text in kinds)
        {
            var milliseconds = await Page.EvaluateAsync<double>(
                """
                async (text) => {
                  const { renderMarkdown } = await import('./assets/markdown/render.js');
                  const box = document.createElement('div');
                  const begin = performance.now();
                  renderMarkdown(box, text);
                  return performance.now() - begin;
                }
                """,
                text);
            milliseconds.ShouldBeLessThan(15_000, text[..20]);
        }

        await SendAsync(kinds[0]);
        await Expect(Messages.Last).ToHaveAttributeAsync("data-state", "stored");
        Server.Messages[0].Text.Length.ShouldBe(100_000);
        Server.Publish("bot", kinds[1]);
        await Expect(Messages.Last.Locator("strong").Last).ToBeInViewportAsync();
        (await Messages.Last.Locator(".bubble").InnerTextAsync()).Length.ShouldBe(4_800 * "word bold code ".Length - 1);
    }

    [ChromiumFact]
    public async Task A_long_answer_streams_without_freezing_the_page()
    {
        await OpenAsync();
        await UntilAsync(() => Server.OpenStreams == 1, "stream open");
        await Page.EvaluateAsync(
            """
            window.longestGap = 0;
            let last = performance.now();
            setInterval(() => { const now = performance.now(); window.longestGap = Math.max(window.longestGap, now - last); last = now; }, 10);
            """);
        for (var i = 0; i < 1_000; i++)
        {
            // One paragraph in ten deltas: much that is finished, a little that changes.
            Server.Emit("delta", new { turnId = "t1", text = (i % 10 == 0 ? "\n\n" : "") + $"**{i}** " + new string('x', 90) + " " });
        }

        await Expect(Messages.Locator("strong")).ToHaveCountAsync(1_000);
        await Expect(Messages.Locator("p").Last).ToBeInViewportAsync();
        (await Page.EvaluateAsync<double>("window.longestGap")).ShouldBeLessThan(10_000);
    }
}
