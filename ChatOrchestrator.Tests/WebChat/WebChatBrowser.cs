using Microsoft.Playwright;

namespace ChatOrchestrator.Tests.WebChat;

/// <summary>A test that drives Chromium: skipped by name where there is none, failing in CI.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ChromiumFactAttribute : FactAttribute
{
    public ChromiumFactAttribute()
    {
        if (WebChatBrowser.ChromiumPath is null && Environment.GetEnvironmentVariable("CI") != "true")
        {
            Skip = "no chromium: set CHROMIUM_PATH or install the distribution's package";
        }
    }
}

/// <summary>One Chromium for the web chat's tests; each test opens its own context.</summary>
public sealed class WebChatBrowser : IAsyncLifetime
{
    private static readonly string[] Arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    ];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public static string? ChromiumPath { get; } = FindChromium();

    public IBrowser Browser => _browser ?? throw new InvalidOperationException("No chromium on this machine.");

    public async Task InitializeAsync()
    {
        if (ChromiumPath is null)
        {
            return;
        }

        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = ChromiumPath, Args = Arguments });
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.CloseAsync();
        }

        _playwright?.Dispose();
    }

    private static string? FindChromium()
    {
        var configured = Environment.GetEnvironmentVariable("CHROMIUM_PATH");
        var onPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(directory => new[] { "chromium", "chromium-browser", "google-chrome" }.Select(name => Path.Combine(directory, name)));
        return onPath.Prepend(configured).FirstOrDefault(path => !string.IsNullOrEmpty(path) && File.Exists(path));
    }
}

[CollectionDefinition(Name)]
public sealed class WebChatBrowserGroup : ICollectionFixture<WebChatBrowser>
{
    public const string Name = "web chat in a browser";
}
