using ChatOrchestrator.Tests.ApiService;
using ChatOrchestrator.Tests.Fixtures;
using ChatOrchestrator.Tests.WebChat;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Tests.Security;

/// <summary>The real chat page of a real process in a real browser, and a page of somebody else's beside it.</summary>
public sealed class BrowserAttackTests(Browser browser, ApiProcess api) : IClassFixture<Browser>, IClassFixture<ApiProcess>
{
    private static readonly string[] Scripts =
    [
        "<script>window.hacked = 1</script>", "<img src=x onerror='window.hacked = 1'>", "<svg/onload=window.hacked=1>", "[x](javascript:window.hacked=1)", "<iframe srcdoc='<script>parent.hacked=1</script>'>",
        "![x](x\" onerror=\"window.hacked=1)", "</script><script>window.hacked=1</script>", "<a href='data:text/html,<script>opener.hacked=1</script>'>x</a>", "```\n</code></pre><script>window.hacked=1</script>\n```", "<math><mtext><style><img src=x onerror=window.hacked=1></style></mtext></math>",
    ];

    [ChromiumFact]
    public async Task Nothing_that_a_visitor_writes_runs_in_the_page()
    {
        var chat = await api.CreateWebChatAsync();
        await using var opened = await browser.OpenPageAsync();
        var page = opened.Page;
        await page.GotoAsync(new Uri(api.Service.Address, $"webchat/{chat}").ToString());
        foreach (var script in Scripts)
        {
            await page.EvaluateAsync(
                """
                async ([url, text]) => {
                    const key = Object.keys(localStorage).find(k => k.endsWith('token'));
                    const stored = localStorage.getItem(key);
                    let token; try { token = JSON.parse(stored); } catch { token = stored; }
                    token = token?.value ?? token;
                    await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: 'Bearer ' + token }, body: JSON.stringify({ text, clientMessageId: crypto.randomUUID() }) });
                }
                """, new[] { new Uri(api.Service.Address, $"webchat/{chat}/messages").ToString(), script });
        }
        await page.ReloadAsync();
        await Eventually.TrueAsync(
            async _ => (await page.Locator("#messages").InnerTextAsync()).Contains("window.hacked", StringComparison.Ordinal), TimeSpan.FromSeconds(30), "the messages are shown");

        (await page.EvaluateAsync<bool>("'hacked' in window")).ShouldBeFalse();
        (await page.EvaluateAsync<int>("document.querySelectorAll('#messages :is(script, iframe, svg[onload], style, [onerror], [onload], a[href^=javascript])').length")).ShouldBe(0);
    }

    [ChromiumFact]
    public async Task A_page_elsewhere_can_neither_embed_nor_call_a_chat_that_does_not_allow_it()
    {
        var (limited, open) = (await api.CreateWebChatAsync(new { allowedOrigins = new[] { "https://shop.example" } }), await api.CreateWebChatAsync());
        await using var elsewhere = await ElsewhereAsync();
        await using var opened = await browser.OpenPageAsync();
        var page = opened.Page;
        await page.GotoAsync(elsewhere.Urls.Single());

        (await IsFramedAsync(limited)).ShouldBeFalse();
        (await IsFramedAsync(open)).ShouldBeTrue("where any page may embed it");
        foreach (var (path, type) in new[] { ($"webchat/{limited}/sessions", "application/json"), ($"webchat/{limited}/sessions", "text/plain"), ($"webchat/{limited}/messages", "text/plain"), ("api/v1/bots", "text/plain"), ("api/v1/bots", "application/json") })
        {
            (await page.EvaluateAsync<string>(
                "([url, type]) => fetch(url, { method: 'POST', headers: { 'Content-Type': type }, body: '{}' }).then(r => 'read ' + r.status, () => 'refused')",
                new[] { new Uri(api.Service.Address, path).ToString(), type })).ShouldBe("refused", path);
        }

        async Task<bool> IsFramedAsync(string chat) => await page.EvaluateAsync<bool>(
            """
            url => new Promise(done => {
                const frame = document.createElement('iframe');
                window.addEventListener('message', e => { if (e.source === frame.contentWindow && e.data?.type === 'ready') done(true); });
                frame.onload = () => setTimeout(() => done(false), 3000);
                frame.src = url;
                document.body.append(frame);
            })
            """, new Uri(api.Service.Address, $"webchat/{chat}?embed=1").ToString());
    }

    [ChromiumFact]
    public async Task A_page_elsewhere_calls_a_chat_that_names_it_and_reads_the_answer()
    {
        await using var elsewhere = await ElsewhereAsync();
        var chat = await api.CreateWebChatAsync(new { allowedOrigins = new[] { elsewhere.Urls.Single() } });
        await using var opened = await browser.OpenPageAsync();
        var page = opened.Page;
        await page.GotoAsync(elsewhere.Urls.Single());

        var answer = await page.EvaluateAsync<string>(
            """
            async url => {
                const json = { 'Content-Type': 'application/json' };
                const { token } = await (await fetch(`${url}/sessions`, { method: 'POST', headers: json, body: '{}' })).json();
                const authorized = { Authorization: `Bearer ${token}` };
                const events = (await fetch(`${url}/events`, { headers: authorized, signal: AbortSignal.timeout(30000) })).body.pipeThrough(new TextDecoderStream()).getReader();
                await fetch(`${url}/messages`, { method: 'POST', headers: { ...json, ...authorized }, body: JSON.stringify({ text: 'Hello', clientMessageId: '1' }) });
                for (let seen = ''; ;) {
                    const { value, done } = await events.read();
                    seen += value ?? '';
                    if (done || seen.includes('demo model')) return seen;
                }
            }
            """, new Uri(api.Service.Address, $"webchat/{chat}").ToString());

        answer.ShouldContain("demo model");
        (await page.EvaluateAsync<string>(
            "url => fetch(url, { method: 'POST', credentials: 'include', headers: { 'Content-Type': 'application/json' }, body: '{}' }).then(r => 'read ' + r.status, () => 'refused')",
            new Uri(api.Service.Address, $"webchat/{chat}/sessions").ToString())).ShouldBe("refused");
    }

    private static async Task<WebApplication> ElsewhereAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.Run(http =>
        {
            http.Response.ContentType = "text/html";
            return http.Response.WriteAsync("<!doctype html><title>elsewhere</title><body></body>");
        });
        await app.StartAsync();
        return app;
    }
}
