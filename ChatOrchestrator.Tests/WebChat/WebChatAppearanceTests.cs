using Microsoft.Playwright;

namespace ChatOrchestrator.Tests.WebChat;

/// <summary>
/// The page on a phone, in the dark, right to left. With WEBCHAT_SCREENSHOTS set to a directory, these tests also leave
/// pictures there for people to look at.
/// </summary>
public sealed class WebChatAppearanceTests(WebChatBrowser browser) : WebChatTest(browser)
{
    [ChromiumFact]
    public async Task Fits_a_phone_in_dark_mode()
    {
        FillConversation();
        await Page.SetViewportSizeAsync(390, 780);
        await Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark, ReducedMotion = ReducedMotion.Reduce });
        await OpenAsync();
        await Expect(Messages.Last).ToBeInViewportAsync();
        (await Page.EvaluateAsync<bool>(
            "[document.documentElement, document.querySelector('#log')].every(e => e.scrollWidth <= e.clientWidth)")).ShouldBeTrue();
        (await Page.EvaluateAsync<string>("getComputedStyle(document.querySelector('#app')).backgroundColor")).ShouldBe("rgb(20, 24, 31)");
        (await Composer.EvaluateAsync<double>("e => parseFloat(getComputedStyle(e).fontSize)")).ShouldBeGreaterThanOrEqualTo(16);
        var send = await Page.Locator("#send").BoundingBoxAsync();
        send.ShouldNotBeNull();
        (send.Y + send.Height).ShouldBeLessThanOrEqualTo(780);
        await ScreenshotAsync("phone-dark");

        Server.Append("user", new string('w', 500) + " https://example.org/" + new string('u', 500));
        await Page.ReloadAsync();
        await Expect(Messages.Last).ToContainTextAsync("www");
        (await Page.EvaluateAsync<bool>("(e => e.scrollWidth <= e.clientWidth)(document.querySelector('#log'))")).ShouldBeTrue();
    }

    [ChromiumFact]
    public async Task Text_is_readable_against_its_background()
    {
        FillConversation();
        await Page.SetViewportSizeAsync(1100, 1000);
        foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            await Page.EmulateMediaAsync(new() { ColorScheme = scheme });
            await OpenAsync();
            var worst = await Page.EvaluateAsync<string[]>(ContrastScript);
            worst.ShouldBeEmpty(scheme.ToString());
            await ScreenshotAsync(scheme == ColorScheme.Light ? "desktop-light" : "desktop-dark");
        }
    }

    [ChromiumFact]
    public async Task Right_to_left_text_runs_from_the_right()
    {
        Server.Append("user", "مرحبا، كيف الحال؟");
        Server.Append("bot", "שלום **עולם**\n\n- אחד\n- שתיים\n\nEnglish again");
        await OpenAsync();
        (await Messages.First.Locator(".bubble").EvaluateAsync<string>("e => getComputedStyle(e).direction")).ShouldBe("rtl");
        (await Messages.Last.Locator(".bubble > *").EvaluateAllAsync<string[]>("es => es.map(e => getComputedStyle(e).direction)"))
            .ShouldBe(["rtl", "rtl", "ltr"]);
        await ScreenshotAsync("rtl");
    }

    [ChromiumFact]
    public async Task Pictures_of_states_and_of_the_embedded_panel()
    {
        Server.Greeting = null;
        await OpenAsync();
        await Expect(Page.Locator("#empty")).ToBeVisibleAsync();
        await ScreenshotAsync("empty");

        Server.Append("bot", "Hello! How can I help?");
        await Page.GotoAsync(Server.ForeignAddress + "host");
        await Page.Locator(".launcher").ClickAsync();
        var frame = Page.FrameLocator("[data-webchat] iframe");
        await Expect(frame.Locator("#messages > li")).ToHaveCountAsync(1);
        Server.PostFaults.Enqueue((422, null));
        await frame.Locator("#text").FillAsync("Where is my parcel?");
        await frame.Locator("#text").PressAsync("Enter");
        await Expect(frame.Locator("[data-state=failed]")).ToBeVisibleAsync();
        Server.Emit("typing", new { on = true });
        await Expect(frame.Locator("#typing")).ToBeVisibleAsync();
        await ScreenshotAsync("embed");
    }

    // WCAG 1.4.3: 4.5 to 1 for every piece of visible text. Opaque colours only, which is what the page uses.
    private const string ContrastScript =
        """
        (() => {
          const rgb = (c) => (c.match(/[\d.]+/g) ?? []).map(Number);
          const light = ([r, g, b]) => { const f = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b); };
          const ground = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] === 1) return c; } return [255, 255, 255]; };
          const bad = [];
          const walker = document.createTreeWalker(document.querySelector('#app'), NodeFilter.SHOW_TEXT);
          for (let n; (n = walker.nextNode());) {
            const e = n.parentElement;
            if (!n.data.trim() || !e.checkVisibility() || e.closest('.visually-hidden')) continue;
            const [a, b] = [light(rgb(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
            if ((a + 0.05) / (b + 0.05) < 4.5) bad.push(`${((a + 0.05) / (b + 0.05)).toFixed(2)} ${e.className} ${n.data.slice(0, 30)}`);
          }
          return bad;
        })()
        """;

    private void FillConversation()
    {
        Server.BotName = "Ada";
        Server.Greeting = "Hi, I'm Ada. Ask me anything about your deployment.";
        Server.Append("user", "How do I run this on two workers?", age: TimeSpan.FromMinutes(6));
        Server.Append("bot", """
            You need **Postgres** and **Redis**; then start as many workers as you like:

            ```bash
            export ConnectionStrings__chatdb="Host=db;Database=chat"
            export ConnectionStrings__redis="redis:6379"
            dotnet run --project ChatOrchestrator.Worker
            ```

            A worker leases *lanes*, so order holds across all of them:

            | replicas | what happens |
            |---------:|--------------|
            | 1 | everything on one process |
            | 2+ | lanes are shared; a dead worker's are taken over |

            See the [operations guide](https://example.org/operations) for more.
            """, age: TimeSpan.FromMinutes(5));
        Server.Append("user", "And if one of them dies in the middle of an answer?", age: TimeSpan.FromMinutes(2));
        Server.Append("bot", """
            Nothing is lost:

            1. The message was stored **before** it was acknowledged.
            2. The lease runs out within seconds, and another worker takes the lane.
            3. A saved answer is reused, so the model is never paid twice.
            """, age: TimeSpan.FromMinutes(1));
        Server.Append("user", "Perfect, thanks!", age: TimeSpan.FromSeconds(20));
    }

    private async Task ScreenshotAsync(string name)
    {
        if (Environment.GetEnvironmentVariable("WEBCHAT_SCREENSHOTS") is { Length: > 0 } directory)
        {
            await Page.ScreenshotAsync(new() { Path = Path.Combine(directory, name + ".png"), Animations = ScreenshotAnimations.Disabled });
        }
    }
}
