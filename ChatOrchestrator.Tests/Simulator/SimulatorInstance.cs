using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ChatOrchestrator.Simulator;
using ChatOrchestrator.Tests.Fixtures;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Tests.Simulator;

/// <summary>The simulator in this process, on a free port.</summary>
public sealed class SimulatorInstance : IAsyncDisposable
{
    private readonly WebApplication _app;

    private SimulatorInstance(WebApplication app)
    {
        _app = app;
        Url = app.Urls.Single();
        Http = new HttpClient { BaseAddress = new Uri(Url), Timeout = TimeSpan.FromSeconds(30) };
    }

    public WebApplication App => _app;

    public string Url { get; }

    public HttpClient Http { get; }

    public static async Task<SimulatorInstance> StartAsync(Action<WebApplicationBuilder>? configure = null, params string[] args)
    {
        var app = SimulatorHost.Build(["--urls", "http://127.0.0.1:0", "--Simulator:Telegram:WebhookRetryDelay=00:00:00.010", .. args], builder =>
        {
            builder.Logging.ClearProviders();
            configure?.Invoke(builder);
        });
        await app.StartAsync();
        return new SimulatorInstance(app);
    }

    /// <summary>Calls a method of the Bot API and returns the whole envelope, whatever the status.</summary>
    public async Task<JsonObject> BotAsync(long botId, string method, object? arguments = null, CancellationToken cancellationToken = default)
    {
        using var response = await Http.PostAsJsonAsync($"/bot{botId}:token/{method}", arguments ?? new { }, cancellationToken);
        var body = (await response.Content.ReadFromJsonAsync<JsonObject>(cancellationToken))!;
        ((int)response.StatusCode).ShouldBe(body["ok"]!.GetValue<bool>() ? 200 : body["error_code"]!.GetValue<int>());
        return body;
    }

    /// <summary>Calls the control API, which must agree.</summary>
    public async Task<JsonNode?> ControlAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, "/simulator/" + path) { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        response.IsSuccessStatusCode.ShouldBeTrue($"{method} {path}: {text}");
        return text.Length == 0 ? null : JsonNode.Parse(text);
    }

    /// <summary>A person writes to a bot that is known from then on.</summary>
    public async Task<JsonNode> SayAsync(long botId, long userId, string text)
    {
        await ControlAsync(HttpMethod.Put, $"telegram/bots/{botId}", new { });
        return (await ControlAsync(HttpMethod.Post, "telegram/messages", new { bot_id = botId, user_id = userId, text }))!;
    }

    public async Task<JsonArray> MessagesAsync(long botId, long chatId) =>
        (await ControlAsync(HttpMethod.Get, $"telegram/messages?botId={botId}&chatId={chatId}"))!.AsArray();

    /// <summary>Waits until the condition holds, at most half a minute.</summary>
    public static Task UntilAsync(Func<Task<bool>> condition, string what) =>
        Eventually.TrueAsync(_ => condition(), TimeSpan.FromSeconds(30), what);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
    }
}
