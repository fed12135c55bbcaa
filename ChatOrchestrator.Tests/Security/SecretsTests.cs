using System.Collections.Concurrent;
using System.Text;
using ChatOrchestrator.Tests.ApiService;
using ChatOrchestrator.Tests.Fixtures;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Tests.Security;

/// <summary>
/// The product runs with marked secrets against platforms and a model that refuse everything and quote what they were sent.
/// No secret may turn up in what it answers, logs, traces, measures or stores.
/// </summary>
public sealed class SecretsTests
{
    private const string AiKey = "sk-" + PlatformSecrets.Mark + "-model";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task No_secret_leaves_the_product_or_lies_in_the_store()
    {
        await using var world = await HostileWorld.StartAsync();
        var folder = Directory.CreateTempSubdirectory("chat-secrets-");
        var answers = new StringBuilder();
        var api = await ApiProcess.StartAsync(Settings(world.Address, Path.Combine(folder.FullName, "chat.db")));
        try
        {
            var secrets = new List<string> { ApiProcess.AdminKey, AiKey };
            var bot = await api.CreateBotAsync();
            var telegram = "";
            foreach (var adapter in PlatformSecrets.Adapters().Where(a => a.Platform.Value != "webchat"))
            {
                var own = PlatformSecrets.Of(adapter);
                secrets.AddRange(own.Where(s => s.Key != "publicKey").Select(s => s.Value));
                var body = new { platform = adapter.Platform.Value, secrets = own, settings = PlatformSecrets.SettingsOf(adapter) };
                // The platform refuses the credentials: what the API says of it is heard, then the connection is made while nobody answers.
                Hear(await api.PostAsync($"api/v1/bots/{bot}/connections", body));
                world.IsSilent = _ => true;
                var made = await api.PostAsync($"api/v1/bots/{bot}/connections", body);
                world.IsSilent = _ => false;
                Hear(made);
                var id = made.Ok().Id();
                telegram = adapter.Platform.Value == "telegram" ? id : telegram;
                Hear(await api.GetAsync($"api/v1/connections/{id}"));
                Hear(await api.SendAsync(HttpMethod.Patch, $"api/v1/connections/{id}", new { secrets = own.ToDictionary(s => s.Key, s => s.Value + " ✗") }));
                Hear(await api.SendAsync(HttpMethod.Patch, $"api/v1/connections/{id}", new { settings = own }));
                Hear(await api.PostAsync($"webhooks/{adapter.Platform}/{id}?token={own.Values.First()}", new StringContent(string.Join(' ', own.Values))));
                Hear(await api.PostAsync("api/v1/bots", new StringContent("{\"name\": [\"" + own.Values.First() + "\"", Encoding.UTF8, "application/json")));
            }
            // Whoever listens is not refused any more, which would switch the connection off, but hears nothing.
            world.IsSilent = path => !path.Contains("sendMessage", StringComparison.OrdinalIgnoreCase) && !path.Contains("completions", StringComparison.Ordinal);
            // It was refused, if somebody listened before: then it is off, and its lane would rest.
            Hear(await api.SendAsync(HttpMethod.Patch, $"api/v1/connections/{telegram}", new { enabled = true }));
            var question = await AskAsync(api, telegram);
            Hear(await api.PostAsync($"api/v1/conversations/{question.Conversation}/messages", new { text = "Hello" }));
            await Eventually.TrueAsync(() => world.Asked.Any(p => p.Contains("chat/completions", StringComparison.Ordinal)), Deadline, "the model was asked");
            await Eventually.TrueAsync(() => world.Asked.Any(p => p.Contains("sendMessage", StringComparison.OrdinalIgnoreCase)), Deadline, "the platform was asked");
            await Eventually.TrueAsync(() => world.Exports.Any(e => e.Path == "/v1/traces") && world.Exports.Any(e => e.Path == "/v1/logs"), Deadline, "telemetry was exported");
            foreach (var path in new[] { $"api/v1/messages/{question.Message}/timeline", $"api/v1/bots/{bot}/connections", "api/v1/conversations", "api/v1/audit", "api/v1/dead-letters", "api/v1/lanes/stuck", "api/v1/platforms", "health/ready", "metrics", "openapi/v1.json" })
            {
                Hear(await api.GetAsync(path));
            }
            (await api.Service.StopAsync()).ShouldBe(0);

            Nowhere(secrets, "an answer of the API", answers.ToString());
            Nowhere(secrets, "the log", api.Service.Output);
            foreach (var (path, body) in world.Exports)
            {
                Nowhere(secrets, path, Encoding.Latin1.GetString(body));
            }
            foreach (var file in folder.GetFiles())
            {
                Nowhere(secrets, file.Name, Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file.FullName)));
            }
            world.Quoted.ShouldNotBeEmpty("the world did quote secrets back");
        }
        finally
        {
            await api.DisposeAsync();
            folder.Delete(recursive: true);
        }

        void Hear(Answer answer) => answers.AppendLine(answer.Text);
    }

    private static Dictionary<string, string?> Settings(string world, string file)
    {
        var settings = ApiProcess.Settings();
        foreach (var platform in new[] { "Telegram", "Discord", "Slack", "Meta" })
        {
            settings[$"Platforms__{platform}__ApiBaseUrl"] = world;
        }
        settings["Platforms__Discord__GatewayUrl"] = world.Replace("http:", "ws:", StringComparison.Ordinal);
        settings["Ai__Endpoint"] = world + "/model/v1";
        settings["Ai__ApiKey"] = AiKey;
        settings["Storage__Path"] = file;
        settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = world;
        settings["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf";
        settings["OTEL_BSP_SCHEDULE_DELAY"] = "200";
        settings["OTEL_BLRP_SCHEDULE_DELAY"] = "200";
        settings["OTEL_METRIC_EXPORT_INTERVAL"] = "500";
        settings["Logging__LogLevel__Default"] = "Trace";
        return settings;
    }

    private static async Task<(string Conversation, string Message)> AskAsync(ApiProcess api, string telegram)
    {
        const string Update = """{"update_id":77,"message":{"message_id":9,"date":1700000000,"chat":{"id":42,"type":"private","first_name":"A"},"from":{"id":42,"is_bot":false,"first_name":"A"},"text":"Hello"}}""";
        (await api.SendAsync(HttpMethod.Patch, $"api/v1/connections/{telegram}", new { enabled = true })).Ok();
        (await api.PostAsync($"webhooks/telegram/{telegram}", new StringContent(Update), ("X-Telegram-Bot-Api-Secret-Token", $"{PlatformSecrets.Mark}-telegram-webhookSecret"))).Ok();
        var conversation = (await api.GetAsync($"api/v1/conversations?connectionId={telegram}")).Ok().Json.GetProperty("items")[0].GetProperty("id").GetString()!;
        var message = (await api.GetAsync($"api/v1/conversations/{conversation}/messages?order=asc")).Ok().Json.GetProperty("items")[0].GetProperty("id").GetString()!;
        return (conversation, message);
    }

    private static void Nowhere(List<string> secrets, string where, string text)
    {
        foreach (var secret in secrets)
        {
            var at = text.IndexOf(secret, StringComparison.OrdinalIgnoreCase);
            at.ShouldBe(-1, $"'{secret}' stands in {where}: …{text[Math.Max(0, at - 200)..Math.Min(text.Length, Math.Max(0, at) + 100)]}…");
        }
    }

    /// <summary>Every platform, the model and the collector of telemetry in one server, which refuses and quotes all but the telemetry.</summary>
    private sealed class HostileWorld : IAsyncDisposable
    {
        private readonly WebApplication _app;

        private HostileWorld(WebApplication app) => _app = app;

        public string Address => _app.Urls.Single();

        /// <summary>Hangs up instead of answering.</summary>
        public Func<string, bool> IsSilent { get; set; } = _ => false;

        public ConcurrentQueue<string> Asked { get; } = new();

        public ConcurrentQueue<string> Quoted { get; } = new();

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
            Asked.Enqueue(path);
            if (IsSilent(path))
            {
                http.Abort();
                return;
            }
            var quote = $"{path}{http.Request.QueryString} {string.Join(' ', http.Request.Headers.Select(h => $"{h.Key}: {h.Value}"))} {Encoding.UTF8.GetString(body.ToArray())}";
            if (quote.Contains(PlatformSecrets.Mark, StringComparison.Ordinal))
            {
                Quoted.Enqueue(path);
            }
            http.Response.StatusCode = 401;
            await http.Response.WriteAsJsonAsync(new { ok = false, error_code = 401, description = quote, error = new { message = quote, type = quote, code = 190 }, message = quote });
        }
    }
}
