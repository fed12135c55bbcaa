using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using ChatOrchestrator.Tests.ApiService;
using ChatOrchestrator.Tests.Fixtures;

namespace ChatOrchestrator.Tests.Security;

/// <summary>
/// The product runs with marked secrets against platforms and a model that refuse everything and quote what they were sent.
/// No secret may turn up in what it answers, logs, traces, measures or stores.
/// </summary>
public sealed class SecretsTests
{
    private const string AiKey = "sk-" + PlatformSecrets.Mark + "-model";
    private const string SigningKey = PlatformSecrets.Mark + "-signing-key-0123456789abcdef";
    private const string RingKey = "czNjcjN0TTRyaytzM2NyM3RNNHJrK3MzY3IzdE00cms=";
    private const string Password = "correct horse " + PlatformSecrets.Mark;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <summary>Discord verifies webhooks with what is public.</summary>
    private static readonly string[] NoSecrets = ["publicKey"];

    private readonly List<string> _secrets = [ApiProcess.AdminKey, AiKey, SigningKey, RingKey, Password];
    private readonly StringBuilder _answers = new();
    private readonly ConcurrentQueue<string> _log = new();

    /// <param name="publicUrl">Whether platforms are told where to send webhooks; otherwise those that can be are listened to.</param>
    [Theory]
    [InlineData(null)]
    [InlineData("https://chat.example.org")]
    public async Task No_secret_leaves_the_product_or_lies_in_the_store(string? publicUrl)
    {
        await using var world = await HostileWorld.StartAsync();
        var folder = Directory.CreateTempSubdirectory("chat-secrets-");
        var api = await ApiProcess.StartAsync(Settings(world.Address, Path.Combine(folder.FullName, "chat.db"), publicUrl), _log.Enqueue);
        try
        {
            await SignInAsync(api);
            var bot = (await api.PostAsync("api/v1/bots", new { name = "Bot", processing = new { quietPeriodMs = 0, maxAttempts = 1 } })).Ok().Id();
            var connections = new List<Connected>();
            foreach (var adapter in PlatformSecrets.Adapters().Where(a => a.Platform.Value != "webchat"))
            {
                connections.Add(await ConnectAsync(api, bot, adapter.Platform.Value, PlatformSecrets.Of(adapter), PlatformSecrets.SettingsOf(adapter)));
            }
            var messages = new List<string>();
            foreach (var connection in connections)
            {
                messages.Add(await AskAsync(api, connection));
            }
            // A person's direct messages come through the gateway, so that its token is needed for what an agent begins.
            Hear(await api.PostAsync($"api/v1/connections/{connections.Single(c => c.Platform == "discord").Id}/conversations", new { to = "100200300400500601", text = "Hello" }));
            await IsQuotedAsync(world, AiKey);
            foreach (var connection in connections)
            {
                await IsQuotedAsync(world, connection.Secrets[PlatformSecrets.SendingToken(connection.Platform)]);
            }
            await Eventually.TrueAsync(() => world.Exports.Any(e => e.Path == "/v1/traces") && world.Exports.Any(e => e.Path == "/v1/logs") && world.Exports.Any(e => e.Path == "/v1/metrics"), Deadline, "telemetry was exported");

            world.RefuseAll();
            foreach (var connection in connections)
            {
                Hear(await api.SendAsync(HttpMethod.Patch, $"api/v1/connections/{connection.Id}", new { enabled = true }));
                Hear(await api.SendAsync(HttpMethod.Patch, $"api/v1/connections/{connection.Id}", new { secrets = connection.Secrets }));
            }
            if (publicUrl is null)
            {
                var telegram = connections.Single(c => c.Platform == "telegram").Id;
                await Eventually.TrueAsync(
                    async _ => (await api.GetAsync($"api/v1/connections/{telegram}")).Ok().Json.GetProperty("disabledReason").GetString() is not null, Deadline, "whoever listens was refused");
                await IsQuotedAsync(world, connections.Single(c => c.Platform == "slack").Secrets["appToken"]);
            }
            else
            {
                await IsQuotedAsync(world, connections.Single(c => c.Platform == "telegram").Secrets["webhookSecret"]);
            }
            string[] read = [.. messages.Select(m => $"api/v1/messages/{m}/timeline"), .. connections.Select(c => $"api/v1/connections/{c.Id}"), $"api/v1/bots/{bot}/connections", "api/v1/conversations", "api/v1/audit?limit=200", "api/v1/dead-letters", "api/v1/lanes/stuck", "api/v1/platforms", "api/v1/api-keys", "api/v1/users", "api/v1/participants", "health/ready", "metrics", "openapi/v1.json"];
            foreach (var path in read)
            {
                Hear(await api.GetAsync(path));
            }
            (await api.Service.StopAsync()).ShouldBe(0);

            Nowhere("an answer of the API", _answers.ToString());
            Nowhere("the log", string.Join('\n', _log));
            foreach (var (path, body) in world.Exports)
            {
                Nowhere(path, Encoding.Latin1.GetString(body));
            }
            foreach (var file in folder.GetFiles())
            {
                Nowhere(file.Name, Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file.FullName)));
            }
        }
        finally
        {
            await api.DisposeAsync();
            folder.Delete(recursive: true);
        }
    }

    private static Dictionary<string, string?> Settings(string world, string file, string? publicUrl)
    {
        var settings = ApiProcess.Settings();
        foreach (var platform in new[] { "Telegram", "Discord", "Slack", "Meta" })
        {
            settings[$"Platforms__{platform}__ApiBaseUrl"] = world;
        }
        settings["Platforms__Discord__GatewayUrl"] = world.Replace("http:", "ws:", StringComparison.Ordinal);
        settings["Ai__Endpoint"] = world + "/model/v1";
        settings["Ai__ApiKey"] = AiKey;
        settings["Auth__SigningKey"] = SigningKey;
        settings["DataProtection__Key"] = RingKey;
        settings["PublicUrl"] = publicUrl;
        settings["Storage__Path"] = file;
        settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = world;
        settings["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf";
        settings["OTEL_BSP_SCHEDULE_DELAY"] = "200";
        settings["OTEL_BLRP_SCHEDULE_DELAY"] = "200";
        settings["OTEL_METRIC_EXPORT_INTERVAL"] = "500";
        settings["Logging__LogLevel__Default"] = "Trace";
        return settings;
    }

    /// <summary>With every kind of credential that the product hands out; only the answer that hands one out holds it.</summary>
    private async Task SignInAsync(ApiProcess api)
    {
        Hear(await api.PostAsync("api/v1/users", new { email = "ada@example.org", name = "Ada", password = Password, role = "admin" }));
        Hear(await api.PostAsync("api/v1/auth/login", new { email = Password, password = Password }));
        Hear(await api.PostAsync("api/v1/auth/login", new { email = "ada@example.org", password = Password + "!" }));
        var session = (await api.PostAsync("api/v1/auth/login", new { email = "ada@example.org", password = Password })).Ok().Json;
        var refresh = Keep(session.GetProperty("refreshToken").GetString()!);
        var renewed = (await api.PostAsync("api/v1/auth/refresh", new { refreshToken = refresh })).Ok().Json;
        Keep(renewed.GetProperty("refreshToken").GetString()!);
        (string, string) bearer = ("Authorization", $"Bearer {Keep(renewed.GetProperty("accessToken").GetString()!)}");
        Keep(session.GetProperty("accessToken").GetString()!);
        Hear(await api.GetAsync("api/v1/auth/me", bearer, ("X-Api-Key", "")));
        var key = (await api.PostAsync("api/v1/api-keys", new { name = "Deployment", role = "admin" }, ("Idempotency-Key", "deployment"))).Ok().Json;
        var secret = Keep(key.GetProperty("key").GetString()!);
        Hear(await api.GetAsync("api/v1/auth/me", ("X-Api-Key", secret)));
        Hear(await api.GetAsync("api/v1/auth/me", ("X-Api-Key", secret + "x")));
        Keep((await api.PostAsync("api/v1/auth/token", null, ("X-Api-Key", secret))).Ok().Json.GetProperty("accessToken").GetString()!);
        Keep((await api.PostAsync($"api/v1/api-keys/{Id(key)}/rotate", new { overlapSeconds = 60 })).Ok().Json.GetProperty("key").GetString()!);
        Hear(await api.PostAsync("api/v1/auth/refresh", new { refreshToken = refresh }));
        // In places where they do not belong.
        Hear(await api.GetAsync($"api/v1/bots?cursor={secret}&key={secret}"));
        Hear(await api.GetAsync($"api/v1/bots/{secret}"));
        Hear(await api.PostAsync("api/v1/bots", new StringContent($"{{\"name\": [\"{secret}\"", Encoding.UTF8, "application/json")));
        Hear(await api.PostAsync("api/v1/bots", new { name = 5, secret }));
    }

    /// <summary>With secrets that the platform refuses, then with the right ones, while nobody answers.</summary>
    private async Task<Connected> ConnectAsync(ApiProcess api, string bot, string platform, Dictionary<string, string> secrets, object settings)
    {
        var wrong = secrets.ToDictionary(s => s.Key, s => NoSecrets.Contains(s.Key) ? s.Value : s.Value + HostileWorld.Wrong);
        foreach (var name in secrets.Keys.Except(NoSecrets))
        {
            Keep(secrets[name]);
            Keep(wrong[name]);
        }
        Hear(await api.PostAsync($"api/v1/bots/{bot}/connections", new { platform, secrets = wrong, settings }));
        var made = await api.PostAsync($"api/v1/bots/{bot}/connections", new { platform, secrets, settings });
        Hear(made);
        var id = made.Ok().Id();
        Hear(await api.GetAsync($"api/v1/connections/{id}"));
        Hear(await api.SendAsync(HttpMethod.Patch, $"api/v1/connections/{id}", new { secrets = secrets.ToDictionary(s => s.Key, s => s.Value + " ✗"), settings = new { unknown = 1 } }));
        Hear(await api.SendAsync(HttpMethod.Patch, $"api/v1/connections/{id}", new { settings = secrets }));
        var verify = secrets.GetValueOrDefault("verifyToken") ?? secrets.Values.First();
        Hear(await api.GetAsync($"webhooks/{platform}/{id}?hub.mode=subscribe&hub.challenge=1&hub.verify_token={verify}"));
        Hear(await api.PostAsync($"webhooks/{platform}/{id}?token={verify}", new StringContent(string.Join(' ', secrets.Values))));
        return new Connected(id, platform, secrets);
    }

    /// <summary>Somebody asks, and an agent answers, too.</summary>
    /// <returns>The question's id.</returns>
    private async Task<string> AskAsync(ApiProcess api, Connected connection)
    {
        var (body, headers) = SignedWebhooks.Of(connection.Platform, connection.Secrets);
        (await api.PostAsync($"webhooks/{connection.Platform}/{connection.Id}", new ByteArrayContent(body), headers)).Ok();
        var conversation = Id((await api.GetAsync($"api/v1/conversations?connectionId={connection.Id}")).Ok().Json.GetProperty("items")[0]);
        var message = Id((await api.GetAsync($"api/v1/conversations/{conversation}/messages?order=asc")).Ok().Json.GetProperty("items")[0]);
        Hear(await api.PostAsync($"api/v1/conversations/{conversation}/messages", new { text = "Hello" }));
        return message;
    }

    private static Task IsQuotedAsync(HostileWorld world, string secret) =>
        Eventually.TrueAsync(() => world.Quotes(secret), Deadline, $"{secret} was shown to somebody who quotes it");

    private static string Id(JsonElement item) => item.GetProperty("id").GetString()!;

    private void Hear(Answer answer) => _answers.AppendLine(answer.Text);

    private string Keep(string secret)
    {
        _secrets.Add(secret);
        return secret;
    }

    private void Nowhere(string where, string text)
    {
        foreach (var secret in _secrets)
        {
            var at = text.IndexOf(secret, StringComparison.OrdinalIgnoreCase);
            at.ShouldBe(-1, $"'{secret}' stands in {where}: …{text[Math.Max(0, at - 200)..Math.Min(text.Length, Math.Max(0, at) + 100)]}…");
        }
    }

    private sealed record Connected(string Id, string Platform, Dictionary<string, string> Secrets);
}
