using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Tests.Simulator;

/// <summary>Files on the web, on a free port of this machine: <c>/p.png</c> is a picture, <c>/page.html</c> is none.</summary>
internal sealed class FileServer : IAsyncDisposable
{
    /// <summary>The smallest PNG there is: one pixel.</summary>
    public static readonly byte[] Png = Convert.FromBase64String(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==");

    private readonly WebApplication _app;

    private FileServer(WebApplication app) => _app = app;

    public string Url => _app.Urls.First();

    public static async Task<FileServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapGet("/{name}.png", (string name) => name == "none" ? Results.NotFound() : Results.Bytes(Png, "image/png"));
        app.MapGet("/page.html", () => Results.Content("<p>A page.</p>", "text/html"));
        await app.StartAsync();
        return new FileServer(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
