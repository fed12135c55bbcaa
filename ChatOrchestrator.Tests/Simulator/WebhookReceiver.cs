using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Tests.Simulator;

/// <summary>A bot's webhook that records what it gets and answers as the test says.</summary>
public sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;

    private WebhookReceiver(WebApplication app) => _app = app;

    public ConcurrentQueue<(int UpdateId, string? Secret, JsonObject Update, int Status)> Received { get; } = new();

    /// <summary>The status for an update, given what it is; 200 by default.</summary>
    public Func<JsonObject, int> Answer { get; set; } = static _ => 200;

    /// <summary>The body of a 200.</summary>
    public object? Body { get; set; }

    public string Url => _app.Urls.Single() + "/hook";

    public static async Task<WebhookReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var receiver = new WebhookReceiver(app);
        app.MapPost("/hook", async (HttpRequest request) =>
        {
            var update = (await JsonNode.ParseAsync(request.Body))!.AsObject();
            var status = receiver.Answer(update);
            receiver.Received.Enqueue((update["update_id"]!.GetValue<int>(), request.Headers["X-Telegram-Bot-Api-Secret-Token"], update, status));
            return status == 200 && receiver.Body is not null ? Results.Json(receiver.Body) : Results.StatusCode(status);
        });
        await app.StartAsync();
        return receiver;
    }

    public Task WaitForAsync(Func<WebhookReceiver, bool> condition, string what) =>
        SimulatorInstance.UntilAsync(() => Task.FromResult(condition(this)), what);

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
