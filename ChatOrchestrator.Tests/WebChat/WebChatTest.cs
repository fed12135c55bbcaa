using Microsoft.Playwright;

namespace ChatOrchestrator.Tests.WebChat;

/// <summary>A mock server and a browser context per test. A script error or a breach of the page's policy fails the test.</summary>
[Collection(WebChatBrowserGroup.Name)]
public abstract class WebChatTest(WebChatBrowser browser) : IAsyncLifetime
{
    private readonly List<string> _errors = [];

    protected MockWebChat Server { get; private set; } = null!;

    protected IBrowserContext Context { get; private set; } = null!;

    protected IPage Page { get; private set; } = null!;

    protected ILocator Messages => Page.Locator("#messages > li:visible");

    protected ILocator Composer => Page.GetByLabel("Message", new() { Exact = true });

    protected virtual BrowserNewContextOptions ContextOptions => new() { ViewportSize = new() { Width = 1100, Height = 800 } };

    public async Task InitializeAsync()
    {
        Server = await MockWebChat.StartAsync();
        Context = await browser.Browser.NewContextAsync(ContextOptions);
        Context.SetDefaultTimeout(60_000);
        Assertions.SetDefaultExpectTimeout(60_000);
        Page = await NewPageAsync();
    }

    public async Task DisposeAsync()
    {
        await Context.CloseAsync();
        await Server.DisposeAsync();
        _errors.ShouldBeEmpty();
    }

    protected static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);

    protected async Task<IPage> NewPageAsync()
    {
        var page = await Context.NewPageAsync();
        page.PageError += (_, error) => _errors.Add(error);
        page.Console += (_, message) =>
        {
            // Failed requests are part of the tests; anything else on the console is a fault of the page.
            if (message.Type == "error" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
            {
                _errors.Add(message.Text);
            }
        };
        return page;
    }

    protected async Task OpenAsync()
    {
        await Page.GotoAsync(Server.PageAddress);
        await Expect(Page.Locator("#connection")).ToHaveAttributeAsync("data-state", "online");
    }

    protected async Task SendAsync(string text)
    {
        await Composer.FillAsync(text);
        await Composer.PressAsync("Enter");
    }

    protected static async Task UntilAsync(Func<bool> condition, string what)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!condition())
        {
            try
            {
                await timer.WaitForNextTickAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"Not within 60 s: {what}");
            }
        }
    }
}
