using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Tests.Platforms.Discord;

/// <summary>An HTTP API of Discord's on a free port whose answers a test writes.</summary>
internal sealed class DiscordStub : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Call> _calls = new();

    private DiscordStub(WebApplication app) => _app = app;

    /// <summary>Answers a call; null: as if all was well.</summary>
    public Func<Call, Answer?> Reply { get; set; } = _ => null;

    public string Url => _app.Urls.First();

    public IReadOnlyList<Call> Calls => [.. _calls];

    public static async Task<DiscordStub> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var stub = new DiscordStub(builder.Build());
        stub._app.Run(stub.AnswerAsync);
        await stub._app.StartAsync();
        return stub;
    }

    public static Answer Error(int status, int code, string message = "An error", params (string Name, string Value)[] headers) =>
        new(status, $$"""{"message":{{JsonSerializer.Serialize(message)}},"code":{{code}}}""") { Headers = headers };

    public async ValueTask DisposeAsync()
    {
        using var atOnce = new CancellationTokenSource();
        await atOnce.CancelAsync();
        await _app.StopAsync(atOnce.Token);
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        var call = new Call(
            http.Request.Method,
            http.Request.Path.Value!["/api/v10/".Length..],
            http.Request.Headers.Authorization.ToString(),
            body.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(body.ToArray()));
        _calls.Enqueue(call);
        var answer = Reply(call) ?? Usual(call);
        if (answer.HangUp)
        {
            http.Abort();
            return;
        }
        http.Response.StatusCode = answer.Status;
        http.Response.ContentType = "application/json";
        foreach (var (name, value) in answer.Headers)
        {
            http.Response.Headers[name] = value;
        }
        await http.Response.WriteAsync(answer.Body);
    }

    private static Answer Usual(Call call) => call.Path switch
    {
        "users/@me" => new(200, $$"""{"id":"{{DiscordFixture.BotId}}","username":"helper","bot":true}"""),
        "applications/@me" => new(200, $$"""{"id":"{{DiscordFixture.BotId}}"}"""),
        _ when call.Method == "GET" => new(200, "[]"),
        _ => new(200, """{"id":"1300000000000000001","channel_id":"1200000000000000001"}"""),
    };

    internal sealed record Call(string Method, string Path, string Authorization, JsonElement Body)
    {
        public string? Text(string name) => Body.ValueKind == JsonValueKind.Object && Body.TryGetProperty(name, out var value) ? value.ToString() : null;
    }

    internal sealed record Answer(int Status, string Body, bool HangUp = false)
    {
        public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];
    }
}
