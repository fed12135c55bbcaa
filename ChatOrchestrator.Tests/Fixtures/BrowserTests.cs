namespace ChatOrchestrator.Tests.Fixtures;

public sealed class BrowserTests(Browser browser) : IClassFixture<Browser>
{
    [BrowserFact]
    public async Task Opens_a_page_and_runs_its_script()
    {
        await using var opened = await browser.OpenPageAsync();

        await opened.Page.GotoAsync("data:text/html,<p id=greeting></p><script>greeting.textContent = 'hello'</script>");

        (await opened.Page.TextContentAsync("#greeting")).ShouldBe("hello");
        opened.Errors.ShouldBeEmpty();
    }

    [BrowserFact]
    public async Task Collects_console_errors_and_uncaught_exceptions()
    {
        await using var opened = await browser.OpenPageAsync();

        await opened.Page.GotoAsync("data:text/html,<script>console.error('one'); console.log('fine'); setTimeout(() => { throw new Error('two') })</script>");

        await Eventually.TrueAsync(() => opened.Errors.Count == 2, TimeSpan.FromSeconds(30), "both errors are collected");
        opened.Errors.ShouldContain(error => error.Contains("one", StringComparison.Ordinal));
        opened.Errors.ShouldContain(error => error.Contains("two", StringComparison.Ordinal));
    }

    [BrowserFact]
    public async Task Two_pages_share_nothing()
    {
        await using var first = await browser.OpenPageAsync();
        await using var second = await browser.OpenPageAsync();

        await first.Context.AddCookiesAsync([new() { Name = "session", Value = "1", Url = "http://localhost" }]);

        (await second.Context.CookiesAsync()).ShouldBeEmpty();
    }
}
