using System.Globalization;
using ChatOrchestrator.Infrastructure.Net;
using ChatOrchestrator.Tests.ApiService;
using ChatOrchestrator.Tests.Fixtures;
using Xunit.Abstractions;

namespace ChatOrchestrator.Tests.Security;

/// <summary>Thousands of attacks against a running API on Postgres: none gets through, none brings it down, and its memory stays as it was.</summary>
public sealed class CampaignTests(ITestOutputHelper output)
{
    private const int AtLeast = 2_000;

    /// <summary>The process may grow by its caches and the heap's slack, not by what attackers send.</summary>
    private const long MaxGrowthBytes = 96L << 20;

    [PostgresFact]
    public async Task No_attack_gets_through_and_nothing_breaks()
    {
        await using var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        var api = await ApiProcess.StartAsync(Settings(database.ConnectionString));
        try
        {
            var attacks = new Attacks(api);
            var adapters = PlatformSecrets.Adapters();
            var operations = await OperationsAsync(api);
            var bot = await api.CreateBotAsync();
            var webhook = "";
            var telegram = "";
            foreach (var adapter in adapters)
            {
                var id = (await api.PostAsync(
                    $"api/v1/bots/{bot}/connections",
                    new { platform = adapter.Platform.Value, secrets = adapter.Platform.Value == "webchat" ? [] : PlatformSecrets.Of(adapter), settings = PlatformSecrets.SettingsOf(adapter) })).Ok().Id();
                if (adapter.Platform.Value == "webchat")
                {
                    await PlanWebChatAsync(attacks, api, id);
                    continue;
                }
                webhook = $"webhooks/{adapter.Platform}/{id}";
                telegram = adapter.Platform.Value == "telegram" ? id : telegram;
                SignatureAttacks.Plan(attacks, adapter.Platform.Value, id);
            }
            SignatureAttacks.Plan(attacks, [.. adapters.Where(a => a.Platform.Value != "webchat")]);
            PlanReplays(attacks, api, telegram);
            RequestAttacks.Oversized(attacks, webhook);
            await attacks.RunAsync();
            var before = ResidentBytes(api.Service.Id);

            RequestAttacks.Keys(attacks, operations);
            RequestAttacks.Ids(attacks, operations);
            RequestAttacks.Injected(attacks, api);
            RequestAttacks.Bodies(attacks, webhook);
            SmugglingAttacks.Plan(attacks);
            PlanAddresses(attacks);
            await attacks.RunAsync();

            var total = attacks.Done.Values.Sum();
            foreach (var (category, count) in attacks.Done.OrderBy(d => d.Key))
            {
                output.WriteLine($"{count,6} {category}");
            }
            output.WriteLine($"{total,6} in all, {attacks.LetThrough.Count} let through; {before >> 20} MiB before, {ResidentBytes(api.Service.Id) >> 20} MiB after");
            attacks.LetThrough.ShouldBeEmpty();
            total.ShouldBeGreaterThanOrEqualTo(AtLeast);
            api.Service.HasExited.ShouldBeFalse();
            (ResidentBytes(api.Service.Id) - before).ShouldBeLessThan(MaxGrowthBytes);
            (await api.GetAsync("health/ready")).Status.ShouldBe(200);
            (await api.GetAsync($"api/v1/bots/{bot}")).Ok();
            await RepliedOnceAsync(api, telegram);
            api.Service.Output.ShouldNotContain(PlatformSecrets.Mark);
        }
        finally
        {
            await api.DisposeAsync();
        }
    }

    private static Dictionary<string, string?> Settings(string postgres)
    {
        var settings = ApiProcess.Settings();
        settings["ConnectionStrings__chatdb"] = postgres;
        settings["Logging__LogLevel__Default"] = "Warning";
        foreach (var platform in new[] { "Discord", "Slack", "Meta" })
        {
            settings[$"Platforms__{platform}__ApiBaseUrl"] = "http://127.0.0.1:9";
        }
        settings["Platforms__Discord__GatewayUrl"] = "ws://127.0.0.1:9";
        // The limits have tests of their own; here they would stop the campaign at its door.
        foreach (var limit in new[] { "ApiPerAddress", "ApiPerKey", "WebChatPerAddress", "WebChatSessionsPerAddress", "WebChatMessagesPerSession" })
        {
            settings[$"Limits__{limit}__PerMinute"] = "0";
        }
        return settings;
    }

    /// <summary>Every operation of the admin API, from its own description.</summary>
    private static async Task<List<(HttpMethod Method, string Path)>> OperationsAsync(ApiProcess api)
    {
        var operations = new List<(HttpMethod, string)>();
        foreach (var path in (await api.GetAsync("openapi/v1.json")).Ok().Json.GetProperty("paths").EnumerateObject().Where(p => p.Name.StartsWith("/api/v1/", StringComparison.Ordinal)))
        {
            // What gives tokens out is asked with credentials in the body, and has tests of its own.
            if (!path.Name.StartsWith("/api/v1/auth", StringComparison.Ordinal))
            {
                var filled = System.Text.RegularExpressions.Regex.Replace(path.Name.TrimStart('/'), @"\{[^}]+\}", Guid.Empty.ToString());
                operations.AddRange(path.Value.EnumerateObject().Select(o => (new HttpMethod(o.Name.ToUpperInvariant()), filled)));
            }
        }
        operations.Count.ShouldBeGreaterThan(20);
        return operations;
    }

    private static async Task PlanWebChatAsync(Attacks attacks, ApiProcess api, string connection)
    {
        var other = await api.CreateWebChatAsync();
        var limited = await api.CreateWebChatAsync(new { allowedOrigins = new[] { "https://shop.example" } });
        var (mine, victim) = (await WebChatVisitor.OpenAsync(api, connection), await WebChatVisitor.OpenAsync(api, connection));
        (await victim.SayAsync("private", "1")).Ok();
        for (var i = 0; i < 120; i++)
        {
            var at = i % victim.Token.Length;
            var tampered = i % 2 == 0
                ? victim.Token[..at] + (victim.Token[at] == 'A' ? 'B' : 'A') + victim.Token[(at + 1)..]
                : victim.Token[..at] + mine.Token[Math.Min(at, mine.Token.Length)..];
            if (tampered != mine.Token && tampered != victim.Token)
            {
                attacks.Call("web chat session", HttpMethod.Get, $"webchat/{connection}/messages", null, [401], ("Authorization", $"Bearer {tampered}"));
            }
            attacks.Call("web chat session", HttpMethod.Get, $"webchat/{other}/messages", null, [401], victim.Authorization);
            attacks.Add("web chat session", async () => (await mine.ReadAsync($"?before={i}&limit=200&sessionId={victim.Token}")).Length == 0 ? null : "another session's messages were read");
        }
        foreach (var origin in new[] { "https://evil.example", "null", "https://shop.example.evil.example", "http://shop.example", "https://shop.example:444", "https://evilshop.example", "file://", "chrome-extension://x" })
        {
            foreach (var path in new[] { "sessions", "messages" })
            {
                attacks.Call("web chat origin", HttpMethod.Post, $"webchat/{limited}/{path}", new { text = "x", clientMessageId = "1" }, [403], ("Origin", origin), mine.Authorization);
            }
            // Opened without a page, or by its own page: not good for another.
            attacks.Call("web chat origin", HttpMethod.Post, $"webchat/{connection}/messages", new { text = "x", clientMessageId = "1" }, [401], ("Origin", origin), mine.Authorization);
        }
    }

    /// <summary>The same signed webhook, again and again.</summary>
    private static void PlanReplays(Attacks attacks, ApiProcess api, string telegram)
    {
        var update = """{"update_id":77,"message":{"message_id":9,"date":1700000000,"chat":{"id":42,"type":"private","first_name":"A"},"from":{"id":42,"is_bot":false,"first_name":"A"},"text":"once"}}""";
        var secret = $"{PlatformSecrets.Mark}-telegram-webhookSecret";
        for (var i = 0; i < 60; i++)
        {
            attacks.Call("replayed webhook", HttpMethod.Post, $"webhooks/telegram/{telegram}", new StringContent(update), [200], ("X-Telegram-Bot-Api-Secret-Token", secret));
        }
    }

    private static async Task RepliedOnceAsync(ApiProcess api, string telegram)
    {
        var conversation = (await api.GetAsync($"api/v1/conversations?connectionId={telegram}")).Ok().Json.GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        var messages = (await api.GetAsync($"api/v1/conversations/{conversation.GetProperty("id").GetString()}/messages")).Ok().Json.GetProperty("items").EnumerateArray();
        messages.Count(m => m.GetProperty("author").GetString() == "participant").ShouldBe(1, "a replayed webhook is one message");
    }

    private static void PlanAddresses(Attacks attacks)
    {
        foreach (var first in new[] { 0, 10, 127, 224, 255 })
        {
            for (var i = 0; i < 20; i++)
            {
                var bytes = new byte[] { (byte)first, (byte)(i * 13), (byte)(i * 7), (byte)(i + 1) };
                var address = new System.Net.IPAddress(bytes);
                foreach (var form in new[] { address, address.MapToIPv6(), new System.Net.IPAddress([0x20, 0x02, .. bytes, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]), new System.Net.IPAddress([0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, .. bytes]) })
                {
                    attacks.Add("address", () => Task.FromResult(PublicNetwork.Contains(form) ? $"{form} passes for public" : null));
                }
            }
        }
    }

    private static long ResidentBytes(int process)
    {
        var line = File.ReadLines($"/proc/{process}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }
}
