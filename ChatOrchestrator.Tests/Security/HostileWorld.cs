using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Tests.Security;

/// <summary>
/// Every platform, the model and the collector of telemetry in one server. What it refuses it quotes back, headers and all.
/// It hangs up on those who only listen or introduce themselves, unless their credentials are the wrong ones: a platform that
/// refuses a listener switches the connection off, and then nothing is sent through it any more.
/// </summary>
internal sealed class HostileWorld : IAsyncDisposable
{
    /// <summary>Stands in credentials that are refused wherever they are shown.</summary>
    public const string Wrong = "-r3fus3d";

    private static readonly string[] Refused = ["/setWebhook", "/chat/completions", "/sendMessage", "/chat.postMessage", "/messages", "/users/@me/channels"];

    private readonly WebApplication _app;
    private volatile bool _refusesAll;

    private HostileWorld(WebApplication app) => _app = app;

    public string Address => _app.Urls.Single();

    /// <summary>What was refused, as it was quoted.</summary>
    public ConcurrentQueue<string> Quoted { get; } = new();

    /// <summary>What the collector got.</summary>
    public ConcurrentQueue<(string Path, byte[] Body)> Exports { get; } = new();

    public static async Task<HostileWorld> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var world = new HostileWorld(builder.Build());
        world._app.Urls.Add("http://127.0.0.1:0");
        world._app.Run(world.AnswerAsync);
        await world._app.StartAsync();
        return world;
    }

    /// <summary>From now on everybody is refused, also those who listen.</summary>
    public void RefuseAll() => _refusesAll = true;

    public bool Quotes(string secret) => Quoted.Any(q => q.Contains(secret, StringComparison.Ordinal));

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        var path = http.Request.Path.Value!;
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        if (path.StartsWith("/v1/", StringComparison.Ordinal))
        {
            Exports.Enqueue((path, body.ToArray()));
            return;
        }
        var quote = $"{path}{http.Request.QueryString} {string.Join(' ', http.Request.Headers.Select(h => $"{h.Key}: {h.Value}"))} {Encoding.UTF8.GetString(body.ToArray())}";
        var isWrong = quote.Contains(Wrong, StringComparison.Ordinal);
        if (path.EndsWith("/getMe", StringComparison.OrdinalIgnoreCase) && !_refusesAll && !isWrong)
        {
            // Without a name the bot would not get as far as to register its webhook.
            await http.Response.WriteAsJsonAsync(new { ok = true, result = new { id = 4712, is_bot = true, first_name = "Bot", username = "marked_bot" } });
            return;
        }
        if (!_refusesAll && !isWrong && !Refused.Any(r => path.EndsWith(r, StringComparison.OrdinalIgnoreCase)))
        {
            http.Abort();
            return;
        }
        Quoted.Enqueue(quote);
        // "Bad request" concerns the message alone; "unauthorized" the whole connection.
        var status = isWrong || (_refusesAll && !path.EndsWith("/setWebhook", StringComparison.OrdinalIgnoreCase)) ? 401 : 400;
        http.Response.StatusCode = status;
        await http.Response.WriteAsJsonAsync(new { ok = false, error_code = status, description = quote, error = new { message = quote, type = quote, code = 190 }, message = quote });
    }
}
