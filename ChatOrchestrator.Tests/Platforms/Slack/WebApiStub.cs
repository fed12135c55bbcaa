using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Tests.Platforms.Slack;

/// <summary>A Web API on a free port whose answers a test writes.</summary>
internal sealed class WebApiStub : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Call> _calls = new();

    private WebApiStub(WebApplication app) => _app = app;

    /// <summary>Answers a call; null: as if all was well.</summary>
    public Func<Call, Answer?> Reply { get; set; } = _ => null;

    public string Url => _app.Urls.First();

    public IReadOnlyList<Call> Calls => [.. _calls];

    public IReadOnlyList<Call> CallsOf(string method) => [.. _calls.Where(c => c.Method == method)];

    public static async Task<WebApiStub> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var stub = new WebApiStub(builder.Build());
        stub._app.Run(stub.AnswerAsync);
        await stub._app.StartAsync();
        return stub;
    }

    public static Answer Error(string error, int status = 200) => new(status, $$"""{"ok":false,"error":"{{error}}"}""");

    public static Answer Ok(string fields = "") => new(200, fields.Length == 0 ? """{"ok":true}""" : $$"""{"ok":true,{{fields}}}""");

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
            http.Request.Path.Value!.Split('/')[^1],
            http.Request.Path.Value!,
            http.Request.Headers.Authorization.ToString().Replace("Bearer ", "", StringComparison.Ordinal),
            Arguments(http.Request.ContentType, body.ToArray()));
        _calls.Enqueue(call);
        var answer = Reply(call) ?? Usual(call);
        if (answer.HangUp)
        {
            http.Abort();
            return;
        }
        http.Response.StatusCode = answer.Status;
        http.Response.ContentType = answer.ContentType;
        if (answer.RetryAfter is { } seconds)
        {
            http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }
        await http.Response.WriteAsync(answer.Body);
    }

    private static JsonObject Arguments(string? type, byte[] body)
    {
        if (type?.StartsWith("application/json", StringComparison.Ordinal) == true && body.Length > 0)
        {
            return JsonNode.Parse(body)!.AsObject();
        }
        return new JsonObject(QueryHelpers.ParseQuery(Encoding.UTF8.GetString(body)).Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value.ToString())));
    }

    private static Answer Usual(Call call) => call.Method switch
    {
        "auth.test" => Ok("\"url\":\"https://test.slack.com/\",\"team\":\"Test\",\"user\":\"helper\",\"team_id\":\"T111\",\"user_id\":\"UB111\",\"bot_id\":\"B111\""),
        "chat.postMessage" => Ok($"\"channel\":{JsonSerializer.Serialize(call.Text("channel"))},\"ts\":\"1503435956.000247\",\"message\":{{\"text\":\"x\"}}"),
        "chat.postEphemeral" => Ok("\"message_ts\":\"1502210682.580145\""),
        _ => Ok(),
    };

    internal sealed record Call(string Method, string Path, string Token, JsonObject Arguments)
    {
        public string? Text(string name) => Arguments[name]?.ToString();
    }

    internal sealed record Answer(int Status, string Body, bool HangUp = false)
    {
        public int? RetryAfter { get; init; }

        public string ContentType { get; init; } = "application/json";
    }
}
