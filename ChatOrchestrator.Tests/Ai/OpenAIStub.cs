using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Tests.Ai;

/// <summary>Chat completions on a free port: answers as the script says, then properly.</summary>
internal sealed class OpenAIStub : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Func<HttpContext, Task>> _script = new();
    private readonly CancellationTokenSource _stopping = new();

    private OpenAIStub(WebApplication app) => _app = app;

    public string Endpoint { get; private set; } = "";

    public ConcurrentQueue<(JsonElement Body, string? Authorization)> Requests { get; } = new();

    /// <summary>What every request gets when the script is at its end.</summary>
    public Func<HttpContext, Task>? Always { get; set; }

    /// <summary>The server, without a path.</summary>
    public string Address { get; private set; } = "";

    public static async Task<OpenAIStub> StartAsync(string path = "/v1/chat/completions")
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var stub = new OpenAIStub(app);
        app.MapPost(path, stub.AnswerAsync);
        await app.StartAsync();
        stub.Address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        stub.Endpoint = stub.Address + "/v1";
        return stub;
    }

    public OpenAIStub Next(Func<HttpContext, Task> answer, int times = 1)
    {
        for (var i = 0; i < times; i++)
        {
            _script.Enqueue(answer);
        }
        return this;
    }

    public static Func<HttpContext, Task> Error(int status, string? code = null, string? retryAfter = null, string message = "Nothing more.") => context =>
    {
        context.Response.StatusCode = status;
        if (retryAfter is not null)
        {
            context.Response.Headers.RetryAfter = retryAfter;
        }
        return context.Response.WriteAsJsonAsync(new { error = new { message, type = "some_error", code } });
    };

    public static Func<HttpContext, Task> Raw(string body, string contentType = "application/json") => context =>
    {
        context.Response.ContentType = contentType;
        return context.Response.WriteAsync(body);
    };

    public static Func<HttpContext, Task> Plain(string? text, string finish = "stop", string? refusal = null) => Raw(JsonSerializer.Serialize(new
    {
        id = "chatcmpl-1",
        @object = "chat.completion",
        created = 1_700_000_000,
        model = "stub-model",
        choices = new[] { new { index = 0, message = new { role = "assistant", content = text, refusal }, finish_reason = finish } },
        usage = new { prompt_tokens = 11, completion_tokens = 7, total_tokens = 18 },
    }));

    /// <summary>A stream of the given pieces; null as finish: it just ends, or is broken off after <paramref name="abort"/>.</summary>
    public static Func<HttpContext, Task> Streamed(IEnumerable<string> pieces, string? finish = "stop", Task? abort = null, string? refusal = null) => async context =>
    {
        context.Response.ContentType = "text/event-stream";
        await SendAsync(context, new { role = "assistant", content = "" }, null);
        foreach (var piece in pieces)
        {
            await SendAsync(context, new { content = piece }, null);
        }
        if (refusal is not null)
        {
            await SendAsync(context, new { refusal }, null);
        }
        await context.Response.Body.FlushAsync();
        if (abort is not null)
        {
            await abort;
            context.Abort();
            return;
        }
        if (finish is not null)
        {
            await SendAsync(context, new { }, finish);
            await context.Response.WriteAsync("data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"stub-model\",\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":7,\"total_tokens\":18}}\n\ndata: [DONE]\n\n");
        }
    };

    /// <summary>Sends what is given and then nothing, until the client leaves.</summary>
    public Func<HttpContext, Task> Hang(params string[] pieces) => async context =>
    {
        if (pieces.Length > 0)
        {
            await Streamed(pieces, finish: null)(context);
        }
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stopping.Token);
        await Task.Delay(Timeout.Infinite, end.Token).ContinueWith(_ => { }, TaskScheduler.Default);
    };

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _app.DisposeAsync();
        _stopping.Dispose();
    }

    private static Task SendAsync(HttpContext context, object delta, string? finish) => context.Response.WriteAsync(
        "data: " + JsonSerializer.Serialize(new
        {
            id = "c",
            @object = "chat.completion.chunk",
            created = 1,
            model = "stub-model",
            choices = new[] { new { index = 0, delta, finish_reason = finish } },
        }) + "\n\n");

    private async Task AnswerAsync(HttpContext context)
    {
        using var body = await JsonDocument.ParseAsync(context.Request.Body);
        Requests.Enqueue((body.RootElement.Clone(), context.Request.Headers.Authorization));
        var isStream = body.RootElement.TryGetProperty("stream", out var stream) && stream.GetBoolean();
        var answer = _script.TryDequeue(out var next) ? next
            : Always ?? (isStream ? Streamed(["Good", " day", "!"]) : Plain(string.Create(CultureInfo.InvariantCulture, $"Good day!")));
        await answer(context);
    }
}
