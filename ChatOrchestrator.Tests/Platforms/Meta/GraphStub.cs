using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Tests.Platforms.Meta;

/// <summary>A Graph API on a free port whose answers a test writes.</summary>
internal sealed class GraphStub : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Call> _calls = new();

    private GraphStub(WebApplication app) => _app = app;

    /// <summary>Answers a call; null: as if all was well.</summary>
    public Func<Call, Answer?> Reply { get; set; } = _ => null;

    public string Url => _app.Urls.First();

    public IReadOnlyList<Call> Calls => [.. _calls];

    public static async Task<GraphStub> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var stub = new GraphStub(builder.Build());
        stub._app.Run(stub.AnswerAsync);
        await stub._app.StartAsync();
        return stub;
    }

    public static Answer Error(int status, int code, int subcode = 0, string message = "An error.", bool transient = false) => new(
        status,
        JsonSerializer.Serialize(new { error = new { message, type = "OAuthException", code, error_subcode = subcode, is_transient = transient, fbtrace_id = "Az8or2yhqkZfEZ" } }));

    /// <summary>Plays a behaviour of the contract.</summary>
    public void Play(StandIn behaviour, string secretToQuote) => Reply = _ => behaviour switch
    {
        StandIn.Throttles => Error(400, 613, message: "Calls to this api have exceeded the rate limit.") with { RetryAfter = 7 },
        StandIn.RefusesCredentials => Error(401, 190, message: $"Invalid OAuth access token {secretToQuote}"),
        StandIn.Fails => new(502, "<html><body>Bad Gateway</body></html>"),
        StandIn.HangsUp => new(0, "", HangUp: true),
        _ => null,
    };

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
            http.Request.Path + http.Request.QueryString,
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
        http.Response.ContentType = answer.Bytes is null ? "application/json" : "image/jpeg";
        if (answer.RetryAfter is { } seconds)
        {
            http.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
        await (answer.Bytes is { } bytes ? http.Response.Body.WriteAsync(bytes).AsTask() : http.Response.WriteAsync(answer.Body));
    }

    private static Answer Usual(Call call) => call.Path.EndsWith("/me/messages", StringComparison.Ordinal)
        ? new(200, """{"recipient_id":"6254119217964421","message_id":"m_sent"}""")
        : call.Path.EndsWith("/messages", StringComparison.Ordinal)
        ? new(200, """{"messaging_product":"whatsapp","contacts":[{"input":"16315551234","wa_id":"16315551234"}],"messages":[{"id":"wamid.sent","message_status":"accepted"}]}""")
        : new(200, """{"success":true}""");

    internal sealed record Call(string Method, string Path, string Authorization, JsonElement Body)
    {
        /// <summary>A field by its path, such as <c>recipient.id</c>; null: there is none.</summary>
        public string? this[string path]
        {
            get
            {
                var at = Body;
                foreach (var name in path.Split('.'))
                {
                    if (at.ValueKind == JsonValueKind.Array && int.TryParse(name, out var index) && index < at.GetArrayLength())
                    {
                        at = at[index];
                    }
                    else if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(name, out at))
                    {
                        return null;
                    }
                }
                return at.ToString();
            }
        }
    }

    internal sealed record Answer(int Status, string Body, bool HangUp = false, int? RetryAfter = null, byte[]? Bytes = null);
}
