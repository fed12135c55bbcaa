using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Tests.Notifications;

/// <summary>Takes what is posted, and answers as the test says. On 127.0.0.2, which stands for the internet.</summary>
internal sealed class WebhookTarget : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Received> _received = new();

    private WebhookTarget(WebApplication app) => _app = app;

    /// <summary>By path and how many have come there, this one included: the status.</summary>
    public Func<string, int, int> Answer { get; set; } = (_, _) => 200;

    /// <summary>Waited for before anything is answered; its token says that the sender is gone.</summary>
    public Func<Received, CancellationToken, Task>? Hold { get; set; }

    public int Port => new Uri(_app.Urls.First()).Port;

    public static async Task<WebhookTarget> StartAsync(IPAddress? address = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(address ?? IPAddress.Parse("127.0.0.2"), 0));
        var app = builder.Build();
        var target = new WebhookTarget(app);
        app.Run(target.TakeAsync);
        await app.StartAsync();
        return target;
    }

    public string Url(string path) => $"http://127.0.0.2:{Port}/{path}";

    /// <summary>What came there, in order.</summary>
    public IReadOnlyList<Received> Of(string path) => [.. _received.Where(r => r.Path == path)];

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        var path = http.Request.Path.Value!.TrimStart('/');
        var received = new Received(path, http.Request.Headers.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.ToString()), body.ToArray());
        _received.Enqueue(received);
        if (Hold is { } hold)
        {
            await hold(received, http.RequestAborted);
        }
        http.Response.StatusCode = Answer(path, Of(path).Count);
    }

    public sealed record Received(string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body)
    {
        public string Text => Encoding.UTF8.GetString(Body);
    }
}
