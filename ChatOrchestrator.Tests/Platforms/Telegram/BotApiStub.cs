using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Tests.Platforms.Telegram;

/// <summary>A Bot API on a free port whose answers a test writes.</summary>
internal sealed class BotApiStub : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Call> _calls = new();

    private BotApiStub(WebApplication app) => _app = app;

    /// <summary>Answers a call; null: as if all was well.</summary>
    public Func<Call, Answer?> Reply { get; set; } = _ => null;

    public string Url => _app.Urls.First();

    public IReadOnlyList<Call> Calls => [.. _calls];

    public IReadOnlyList<Call> CallsOf(string method) => [.. _calls.Where(c => c.Method == method)];

    public static async Task<BotApiStub> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var stub = new BotApiStub(builder.Build());
        stub._app.Run(stub.AnswerAsync);
        await stub._app.StartAsync();
        return stub;
    }

    public static Answer Error(int code, string description, string parameters = "") =>
        new(code, $$"""{"ok":false,"error_code":{{code}},"description":{{JsonSerializer.Serialize(description)}}{{(parameters.Length == 0 ? "" : $",\"parameters\":{{{parameters}}}")}}}""");

    public static Answer Result(string json) => new(200, $$"""{"ok":true,"result":{{json}}}""");

    public async ValueTask DisposeAsync()
    {
        using var atOnce = new CancellationTokenSource();
        await atOnce.CancelAsync();
        await _app.StopAsync(atOnce.Token);
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        var path = http.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        if (path[0] == "file")
        {
            // /file/bot{token}/{path}
            path = [path[1], string.Join('/', path[2..].Prepend("file"))];
        }
        var call = new Call(path[0]["bot".Length..], path[1], body.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(body.ToArray()));
        _calls.Enqueue(call);
        var answer = Reply(call) ?? Usual(call);
        if (answer.Hold is { } hold)
        {
            await hold.WaitAsync(http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        if (answer.HangUp)
        {
            http.Abort();
            return;
        }
        http.Response.StatusCode = answer.Status;
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(answer.Body);
    }

    private static Answer Usual(Call call) => call.Method switch
    {
        "getMe" => Result("""{"id":777000777,"is_bot":true,"first_name":"Helper","username":"helper_bot","can_join_groups":true}"""),
        "sendMessage" or "editMessageText" or "sendPhoto" or "sendAudio" or "sendVoice" or "sendVideo" or "sendDocument" => Result(Sent(call)),
        "sendMediaGroup" => Result($"[{Sent(call)}]"),
        "getFile" => Result("""{"file_id":"x","file_unique_id":"y","file_path":"photos/file_7.jpg"}"""),
        "getUpdates" => Result("[]"),
        _ => Result("true"),
    };

    private static string Sent(Call call) =>
        $$$"""{"message_id":{{{call.Text("message_id") ?? "2001"}}},"from":{"id":777000777,"is_bot":true,"first_name":"Helper","username":"helper_bot"},"chat":{"id":{{{call.Body.GetProperty("chat_id")}}},"type":"private","first_name":"Ada"},"date":1760000100,"text":"x"}""";

    internal sealed record Call(string Token, string Method, JsonElement Body)
    {
        public string? Text(string name) => Body.TryGetProperty(name, out var value) ? value.ToString() : null;
    }

    /// <param name="Hold">Answers only once this has ended.</param>
    internal sealed record Answer(int Status, string Body, bool HangUp = false, Task? Hold = null);
}
