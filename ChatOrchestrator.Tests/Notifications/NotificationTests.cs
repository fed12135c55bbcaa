using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Net;
using ChatOrchestrator.Infrastructure.Notifications;
using ChatOrchestrator.Tests.ApiService;
using ChatOrchestrator.Tests.Fixtures;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Tests.Notifications;

/// <summary>From an event to those who are told, with a real SMTP server, and the libraries of webhooks and push messages as receivers.</summary>
public sealed class NotificationTests : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private SmtpProcess _smtp = null!;
    private WebhookTarget _target = null!;
    private ApiProcess _api = null!;
    private string _bot = "";

    public async Task InitializeAsync()
    {
        if (TestMachine.MissingNpm() is not null && !TestMachine.IsCi)
        {
            return;
        }
        _smtp = await SmtpProcess.StartAsync();
        _target = await WebhookTarget.StartAsync();
        var settings = ApiProcess.Settings();
        settings["Outbound__AllowedNetworks__0"] = "127.0.0.2/32";
        settings["Notifications__RetrySeconds"] = "0.05";
        settings["Notifications__MaxAttempts"] = "3";
        settings["Notifications__DisableAfter"] = "2";
        settings["Notifications__PollMs"] = "100";
        settings["Notifications__Smtp__Host"] = "127.0.0.1";
        settings["Notifications__Smtp__Port"] = _smtp.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        settings["Notifications__Smtp__Security"] = "none";
        settings["Notifications__Smtp__Username"] = "chat";
        settings["Notifications__Smtp__Password"] = "correct horse";
        settings["Notifications__Smtp__From"] = "Chat <chat@example.org>";
        settings["Notifications__WebPush__Subject"] = "mailto:ops@example.org";
        _api = await ApiProcess.StartAsync(settings);
        _bot = await _api.CreateBotAsync("Ann & Bob's bot");
    }

    public async Task DisposeAsync()
    {
        if (_api is not null)
        {
            await _api.DisposeAsync();
            await _target.DisposeAsync();
            await _smtp.DisposeAsync();
        }
    }

    [NpmFact]
    public async Task An_event_reaches_everybody_who_asks_for_it()
    {
        using var browser = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var auth = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
        var hook = (await CreateAsync(new { channel = "webhook", events = new[] { "handoff_requested", "conversation_ended" }, settings = new { url = _target.Url("hook") } })).Json;
        var secret = hook.GetProperty("revealedSecrets").GetProperty("secret").GetString()!;
        await CreateAsync(new { channel = "email", events = new[] { "conversation_ended" }, settings = new { to = new[] { "ops@example.org", "later@example.org" } } });
        await CreateAsync(new { channel = "email", events = new[] { "conversation_ended" }, settings = new { to = new[] { "lead@example.org" }, subject = "{{bot.name}}: {{type}}", body = "See {{data.conversationId}}." } });
        await CreateAsync(new
        {
            channel = "web_push",
            events = new[] { "handoff_requested" },
            settings = new { endpoint = _target.Url("push"), p256dh = Base64Url.EncodeToString(PushEncryption.Uncompressed(browser.ExportParameters(false).Q)) },
            secrets = new { auth },
        });
        var conversation = await ConversationAsync();

        (await _api.PostAsync($"api/v1/conversations/{conversation}/handoff", new { agent = "Ada" })).Ok();
        (await _api.PostAsync($"api/v1/conversations/{conversation}/end")).Ok();

        await Eventually.TrueAsync(() => _target.Of("hook").Count == 2 && _target.Of("push").Count == 1 && _smtp.Mails.Count == 2, Deadline, "all are told");
        var ended = _target.Of("hook").Select(r => JsonNode.Parse(r.Body)!).Single(b => (string)b["type"]! == "conversation_ended");
        ((string)ended["data"]!["conversationId"]!, (string)ended["bot"]!["name"]!).ShouldBe((conversation, "Ann & Bob's bot"));
        foreach (var mail in _smtp.Mails)
        {
            mail.GetProperty("user").GetString().ShouldBe("chat");
            mail.GetProperty("mail").GetString()!.ShouldContain((string)ended["id"]!);
        }
        var toLead = _smtp.Mails.Single(m => m.GetProperty("to")[0].GetString() == "lead@example.org").GetProperty("mail").GetString()!;
        toLead.ShouldContain("Subject: Ann & Bob's bot: conversation_ended");
        toLead.ShouldContain($"See {conversation}.");
        toLead.ShouldContain("Auto-Submitted: auto-generated");

        // As those verify and decrypt who receive such things.
        var received = _target.Of("hook")[0];
        var push = _target.Of("push")[0];
        var said = await Receivers.VerifyAsync(new
        {
            webhook = new { secret, body = received.Text, headers = received.Headers.Where(h => h.Key.StartsWith("webhook-", StringComparison.Ordinal)).ToDictionary() },
            push = new { auth, body = Convert.ToBase64String(push.Body), privateKey = Base64Url.EncodeToString(browser.ExportParameters(true).D) },
        });
        said.ShouldContain("verified");
        said.ShouldContain("\"type\":\"handoff_requested\"");
        (push.Headers["content-encoding"], push.Headers["ttl"]).ShouldBe(("aes128gcm", "86400"));
        await ShouldBeVapidAsync(push.Headers["authorization"]);

        // The same is said again, with the same id, when somebody asks for it.
        var delivery = (string)ended["id"]!;
        (await _api.PostAsync($"{Rules}/{hook.GetProperty("id").GetString()}/deliveries/{delivery}/replay")).Status.ShouldBe(204);
        await Eventually.TrueAsync(() => _target.Of("hook").Count(r => r.Headers["webhook-id"] == delivery) == 2, Deadline, "it is delivered again");
        await Eventually.TrueAsync(async _ => (await LogAsync(hook, delivery)).Length == 2, Deadline, "both attempts are in the log");
        (await LogAsync(hook, delivery)).ShouldAllBe(a => a.GetProperty("status").GetInt32() == 200);
    }

    [NpmFact]
    public async Task What_fails_is_tried_again_then_given_up_and_a_receiver_that_is_gone_is_not_asked_any_more()
    {
        var flaky = (await CreateAsync(new { channel = "webhook", events = new[] { "dead_letter" }, settings = new { url = _target.Url("flaky") } })).Json;
        var gone = (await CreateAsync(new { channel = "webhook", events = new[] { "dead_letter" }, settings = new { url = _target.Url("gone") } })).Json;
        var broken = (await CreateAsync(new { channel = "webhook", events = new[] { "dead_letter" }, settings = new { url = _target.Url("broken") } })).Json;
        var nobody = (await CreateAsync(new { channel = "email", events = new[] { "dead_letter" }, settings = new { to = new[] { "nobody@example.org" } } })).Json;
        _target.Answer = (path, count) => path switch { "flaky" => count < 3 ? 503 : 204, "gone" => 410, "broken" => 302, _ => 200 };

        await TestAsync(flaky);
        (await SettledAsync(flaky, 1)).ShouldBe(["delivered"]);
        var ids = _target.Of("flaky").Select(r => r.Headers["webhook-id"]).Distinct().ToList();
        (ids.Count, _target.Of("flaky").Count).ShouldBe((1, 3));
        (await LogAsync(flaky, ids[0])).Select(a => a.GetProperty("status").GetInt32()).ShouldBe([503, 503, 204]);

        await TestAsync(gone);
        (await SettledAsync(gone, 1)).ShouldBe(["failed"]);
        (await ReasonAsync(gone)).ShouldBe("gone");
        _target.Of("gone").Count.ShouldBe(1);

        await TestAsync(nobody);
        (await SettledAsync(nobody, 1)).ShouldBe(["failed"]);
        (await DeliveriesAsync(nobody))[0].GetProperty("error").GetString().ShouldBe("smtp_status");

        // Two in a row: it is switched off, and what comes then waits until it is on again.
        await TestAsync(broken);
        (await SettledAsync(broken, 1)).ShouldBe(["failed"]);
        (await ReasonAsync(broken)).ShouldBeNull();
        await TestAsync(broken);
        await SettledAsync(broken, 2);
        (await ReasonAsync(broken)).ShouldBe("keeps_failing");
        await TestAsync(broken);
        var waiting = (await DeliveriesAsync(broken))[0];
        (waiting.GetProperty("state").GetString(), waiting.GetProperty("nextAttemptAt").ValueKind).ShouldBe(("pending", JsonValueKind.Null));
        (await _api.PostAsync($"{Rules}/{Id(broken)}/deliveries/{waiting.GetProperty("eventId").GetString()}/replay")).ShouldBeProblem(409);
        _target.Answer = (_, _) => 200;
        (await _api.SendAsync(HttpMethod.Patch, $"{Rules}/{Id(broken)}", new { enabled = true })).Ok();
        (await SettledAsync(broken, 3)).ShouldContain("delivered");
    }

    [NpmFact]
    public async Task Bad_input_is_refused_and_named()
    {
        string[] events = ["dead_letter"];
        foreach (var url in new[] { "http://127.0.0.1:9/", "http://localhost:9/", "http://[::1]:9/", "http://169.254.169.254/latest", "http://10.0.0.1/", "ftp://example.org/", "//x", "https://user@example.org/", "" })
        {
            (await _api.PostAsync(Rules, new { channel = "webhook", events, settings = new { url } })).ShouldBeProblem(422, "settings.url");
        }
        (await _api.PostAsync(Rules, new { channel = "pigeon", events })).ShouldBeProblem(422, "channel");
        (await _api.PostAsync(Rules, new { channel = "webhook", events = new[] { "rain" }, settings = new { url = _target.Url("x") } })).ShouldBeProblem(422, "events");
        (await _api.PostAsync(Rules, new { channel = "webhook", events, settings = new { url = _target.Url("x"), method = "GET" }, secrets = new { secret = "short" } })).ShouldBeProblem(422, "settings.method", "secrets.secret");
        (await _api.PostAsync(Rules, new { channel = "email", events, settings = new { to = new[] { "Ada\r\nBcc: x@example.org" }, subject = "{{secret}}" } })).ShouldBeProblem(422, "settings.to", "settings.subject");
        (await _api.PostAsync(Rules, new { channel = "web_push", events, settings = new { endpoint = _target.Url("x"), p256dh = "BAAA" }, secrets = new { auth = "AA" } })).ShouldBeProblem(422, "settings.p256dh", "secrets.auth");
        (await _api.PostAsync($"api/v1/bots/{Guid.NewGuid()}/notification-rules", new { channel = "webhook", events, settings = new { url = _target.Url("x") } })).ShouldBeProblem(404);
        var rule = (await CreateAsync(new { channel = "webhook", events, settings = new { url = _target.Url("x") } })).Json;
        var other = await _api.CreateBotAsync();
        (await _api.GetAsync($"api/v1/bots/{other}/notification-rules/{Id(rule)}")).ShouldBeProblem(404);
        (await _api.GetAsync($"{Rules}/{Id(rule)}/deliveries?state=lost")).ShouldBeProblem(400, "state");
        (await _api.SendAsync(HttpMethod.Patch, $"{Rules}/{Id(rule)}", new { name = "x" }, ("If-Match", "\"7\""))).ShouldBeProblem(412);

        // Secrets are neither shown again nor in the audit log nor in the log.
        var secret = rule.GetProperty("revealedSecrets").GetProperty("secret").GetString()!;
        foreach (var path in new[] { Rules, $"{Rules}/{Id(rule)}", "api/v1/audit" })
        {
            (await _api.GetAsync(path)).Ok().Text.ShouldNotContain(secret);
        }
        _api.Service.Output.ShouldNotContain(secret);
        _api.Service.Output.ShouldNotContain("correct horse");
    }

    /// <summary>A name that is public when the rule is made and private when it is called.</summary>
    [Fact]
    public async Task A_private_address_is_refused_at_the_call_too()
    {
        await using var target = await WebhookTarget.StartAsync(IPAddress.Loopback);
        var guard = new OutboundGuard(Options.Create(new OutboundOptions()), new Rebinding(), new ConfigurationBuilder().Build());
        using var http = new OutboundHttp(guard);
        var channel = new WebhookChannel(http, guard, TimeProvider.System);
        var settings = new JsonObject { ["url"] = $"http://hooks.example.org:{target.Port}/" };
        var secrets = new Dictionary<string, string> { ["secret"] = channel.Generate("secret") };

        (await channel.ValidateAsync(settings, secrets, default)).ShouldBeEmpty();
        var outcome = await channel.SendAsync(
            new OutgoingNotification
            {
                EventId = Guid.NewGuid(),
                RuleId = Guid.NewGuid(),
                Kind = "test",
                BotId = Guid.NewGuid(),
                BotName = "Bot",
                At = TimeProvider.System.GetUtcNow(),
                Data = JsonDocument.Parse("{}").RootElement,
                Settings = JsonDocument.Parse(settings.ToJsonString()).RootElement,
                Secrets = secrets,
            },
            default);

        (outcome.Result, outcome.Error).ShouldBe((NotificationResult.Refused, "forbidden_address"));
        target.Of("").ShouldBeEmpty();
    }

    private string Rules => $"api/v1/bots/{_bot}/notification-rules";

    private static string Id(JsonElement rule) => rule.GetProperty("id").GetString()!;

    private async Task<Answer> CreateAsync(object rule) => (await _api.PostAsync(Rules, rule)).Ok();

    private async Task TestAsync(JsonElement rule) => (await _api.PostAsync($"{Rules}/{Id(rule)}/test")).Status.ShouldBe(202);

    private async Task<string?> ReasonAsync(JsonElement rule) => (await _api.GetAsync($"{Rules}/{Id(rule)}")).Ok().Json.GetProperty("disabledReason").GetString();

    private async Task<JsonElement[]> DeliveriesAsync(JsonElement rule) => [.. (await _api.GetAsync($"{Rules}/{Id(rule)}/deliveries")).Ok().Json.GetProperty("items").EnumerateArray()];

    private async Task<JsonElement[]> LogAsync(JsonElement rule, string eventId) =>
        [.. (await _api.GetAsync($"{Rules}/{Id(rule)}/deliveries/{eventId}")).Ok().Json.GetProperty("log").EnumerateArray()];

    private async Task<string[]> SettledAsync(JsonElement rule, int count)
    {
        string[] states = [];
        await Eventually.TrueAsync(
            async _ => (states = [.. (await DeliveriesAsync(rule)).Select(d => d.GetProperty("state").GetString()!)]).Length == count && !states.Contains("pending"),
            Deadline, "all are settled");
        return states;
    }

    private async Task<string> ConversationAsync()
    {
        var connection = (await _api.PostAsync($"api/v1/bots/{_bot}/connections", new { platform = "webchat" })).Ok().Id();
        var visitor = await WebChatVisitor.OpenAsync(_api, connection);
        await visitor.StreamUntilAsync(null, WebChatVisitor.IsBotMessage, async () => (await visitor.SayAsync("Hello", "c1")).Ok());
        return await visitor.ConversationAsync();
    }

    private async Task ShouldBeVapidAsync(string header)
    {
        var publicKey = (await _api.GetAsync("api/v1/notifications/web-push-key")).Ok().Json.GetProperty("publicKey").GetString()!;
        header.ShouldStartWith("vapid t=");
        header.ShouldEndWith($", k={publicKey}");
        var token = header["vapid t=".Length..header.IndexOf(',', StringComparison.Ordinal)].Split('.');
        var point = Base64Url.DecodeFromChars(publicKey);
        using var key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = point[1..33], Y = point[33..] } });
        key.VerifyData(Encoding.ASCII.GetBytes($"{token[0]}.{token[1]}"), Base64Url.DecodeFromChars(token[2]), HashAlgorithmName.SHA256).ShouldBeTrue();
        var claims = JsonNode.Parse(Base64Url.DecodeFromChars(token[1]))!;
        ((string)claims["aud"]!, (string)claims["sub"]!).ShouldBe((_target.Url("").TrimEnd('/'), "mailto:ops@example.org"));
    }

    private sealed class Rebinding : IResolvesHosts
    {
        private int _asked;

        public Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) =>
            Task.FromResult<IPAddress[]>([Interlocked.Increment(ref _asked) == 1 ? IPAddress.Parse("93.184.215.14") : IPAddress.Loopback]);
    }
}
