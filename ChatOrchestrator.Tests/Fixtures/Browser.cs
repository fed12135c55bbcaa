using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace ChatOrchestrator.Tests.Fixtures;

/// <summary>
/// The machine's Chromium, driven by Playwright, in a new profile. Use as <c>IClassFixture&lt;Browser&gt;</c>. The browser ends
/// with Playwright's driver, which ends with the test host.
/// </summary>
public sealed class Browser : IAsyncLifetime
{
    // A test must not depend on the network: no updates, no sync, no QUIC. No sandbox: it does not work as root.
    private static readonly string[] Arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    ];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <exception cref="InvalidOperationException">The machine has no Chromium.</exception>
    public async Task InitializeAsync()
    {
        if (TestMachine.MissingBrowser() is { } missing)
        {
            throw new InvalidOperationException(missing);
        }

        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = TestMachine.ChromiumPath,
            Args = Arguments,
            Headless = true,
        });
    }

    /// <summary>A page in a context of its own: no cookie, storage or cache of another test.</summary>
    /// <param name="options">Viewport, colour scheme, locale and the like.</param>
    public async Task<BrowserPage> OpenPageAsync(BrowserNewContextOptions? options = null)
    {
        var browser = _browser ?? throw new InvalidOperationException("The browser has not been started.");
        var context = await browser.NewContextAsync(options);
        return new BrowserPage(context, await context.NewPageAsync());
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }
}

/// <summary>A page, and what went wrong in it.</summary>
public sealed class BrowserPage : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _errors = new();

    internal BrowserPage(IBrowserContext context, IPage page)
    {
        (Context, Page) = (context, page);
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
            {
                _errors.Enqueue($"console: {message.Text} ({message.Location})");
            }
        };
        page.PageError += (_, error) => _errors.Enqueue($"uncaught: {error}");
    }

    public IBrowserContext Context { get; }

    public IPage Page { get; }

    /// <summary>Console errors and uncaught exceptions so far, oldest first. Chromium also logs a failed request as a console error.</summary>
    public IReadOnlyCollection<string> Errors => _errors.ToArray();

    public async ValueTask DisposeAsync() => await Context.DisposeAsync();
}
