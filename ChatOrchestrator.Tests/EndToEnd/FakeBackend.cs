using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Tests.EndToEnd;

/// <summary>
/// The two outside services, quick enough for thousands of messages: a model that answers <c>reply:m{chat}s{n}z</c> to the
/// last question's token, and a Bot API that records what arrives in each chat. Faults on request.
/// </summary>
public sealed partial class FakeBackend : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<long, ConcurrentQueue<string>> _chats = new();
    private long _messageId = 1000;
    private int _asked;

    private FakeBackend(WebApplication app) => _app = app;

    public Uri Address { get; private set; } = new("http://127.0.0.1");

    /// <summary>How long the model thinks.</summary>
    public TimeSpan ModelDelay { get; set; }

    /// <summary>Answers a model call in its own way when it returns true; gets the number of the call.</summary>
    public Func<HttpContext, int, Task<bool>>? ModelFault { get; set; }

    /// <summary>Answers a sendMessage in its own way when it returns true.</summary>
    public Func<HttpContext, JsonElement, Task<bool>>? SendFault { get; set; }

    /// <summary>Hears of everything that arrives in a chat.</summary>
    public Action<long, string>? Arrived { get; set; }

    /// <summary>Answers getUpdates.</summary>
    public Func<HttpContext, Task>? Polled { get; set; }

    /// <summary>What the model was asked last.</summary>
    public JsonElement LastRequest { get; private set; }

    /// <summary>How often the model was asked.</summary>
    public int Asked => Volatile.Read(ref _asked);

    /// <summary>The trace ids that calls of the model came with.</summary>
    public ConcurrentBag<string> Traces { get; } = [];

    /// <summary>What arrived in a chat, in order.</summary>
    public IReadOnlyCollection<string> Chat(long id) => _chats.TryGetValue(id, out var texts) ? texts : [];

    public int Delivered => _chats.Values.Sum(c => c.Count);

    public static async Task<FakeBackend> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var backend = new FakeBackend(app);
        app.MapPost("/v1/chat/completions", backend.CompleteAsync);
        app.Map("/bot{token}/{method}", backend.TelegramAsync);
        await app.StartAsync();
        backend.Address = new Uri(app.Urls.First());
        return backend;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private async Task CompleteAsync(HttpContext http)
    {
        using var body = await JsonDocument.ParseAsync(http.Request.Body);
        var call = Interlocked.Increment(ref _asked);
        LastRequest = body.RootElement.Clone();
        if (http.Request.Headers.TraceParent.ToString().Split('-') is [_, var trace, ..])
        {
            Traces.Add(trace);
        }
        if (ModelDelay > TimeSpan.Zero)
        {
            await WaitAsync(ModelDelay, http.RequestAborted);
        }
        if (ModelFault is { } fault && await fault(http, call))
        {
            return;
        }
        var question = body.RootElement.GetProperty("messages").EnumerateArray().Last(m => m.GetProperty("role").GetString() == "user");
        var token = Token().Matches(question.GetProperty("content").ToString()).LastOrDefault()?.Value ?? "none";
        if (body.RootElement.TryGetProperty("stream", out var stream) && stream.GetBoolean())
        {
            await StreamAsync(http, "reply:" + token);
            return;
        }
        await http.Response.WriteAsJsonAsync(new
        {
            id = "c1",
            @object = "chat.completion",
            created = 1,
            model = "fake",
            choices = new[] { new { index = 0, message = new { role = "assistant", content = "reply:" + token }, finish_reason = "stop" } },
            usage = new { prompt_tokens = 40, completion_tokens = 3, total_tokens = 43 },
        });
    }

    private static async Task StreamAsync(HttpContext http, string answer)
    {
        http.Response.ContentType = "text/event-stream";
        object[] chunks =
        [
            new { id = "c1", @object = "chat.completion.chunk", created = 1, model = "fake", choices = new[] { new { index = 0, delta = new { role = "assistant", content = answer } } } },
            new { id = "c1", @object = "chat.completion.chunk", created = 1, model = "fake", choices = new[] { new { index = 0, delta = new { }, finish_reason = "stop" } } },
            new { id = "c1", @object = "chat.completion.chunk", created = 1, model = "fake", choices = Array.Empty<object>(), usage = new { prompt_tokens = 40, completion_tokens = 3, total_tokens = 43 } },
        ];
        foreach (var chunk in chunks)
        {
            await http.Response.WriteAsync($"data: {JsonSerializer.Serialize(chunk)}\n\n");
        }
        await http.Response.WriteAsync("data: [DONE]\n\n");
    }

    private async Task TelegramAsync(HttpContext http, string method)
    {
        if (method == "getMe")
        {
            await http.Response.WriteAsync("""{"ok":true,"result":{"id":777000777,"is_bot":true,"first_name":"Bench","username":"bench_bot"}}""");
            return;
        }
        if (method == "getUpdates" && Polled is { } polled)
        {
            await polled(http);
            return;
        }
        if (method != "sendMessage")
        {
            await http.Response.WriteAsync("""{"ok":true,"result":true}""");
            return;
        }
        using var body = await JsonDocument.ParseAsync(http.Request.Body);
        if (SendFault is { } fault && await fault(http, body.RootElement))
        {
            return;
        }
        var (chat, text) = Read(body.RootElement);
        Record(chat, text);
        var id = Interlocked.Increment(ref _messageId);
        await http.Response.WriteAsync($$$"""{"ok":true,"result":{"message_id":{{{id}}},"date":1760000000,"chat":{"id":{{{chat}}},"type":"private"},"text":"x"}}""");
    }

    /// <summary>What a fault uses that accepts a message before it breaks.</summary>
    public void Record(long chat, string text)
    {
        _chats.GetOrAdd(chat, _ => new()).Enqueue(text);
        Arrived?.Invoke(chat, text);
    }

    /// <summary>Where a sendMessage goes and what it says.</summary>
    public static (long Chat, string Text) Read(JsonElement message) =>
        (long.Parse(message.GetProperty("chat_id").ToString(), System.Globalization.CultureInfo.InvariantCulture), message.GetProperty("text").GetString()!);

    private static async Task WaitAsync(TimeSpan delay, CancellationToken aborted)
    {
        using var timer = new PeriodicTimer(delay);
        await timer.WaitForNextTickAsync(aborted);
    }

    [GeneratedRegex(@"m\d+s\d+z")]
    private static partial Regex Token();
}
