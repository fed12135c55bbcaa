using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace ChatOrchestrator.Tests.ApiService;

public sealed partial class AdminApiTests(ApiProcess api) : IClassFixture<ApiProcess>
{
    private static readonly string[] Contract =
    [
        "DELETE /api/v1/bots/{id}", "DELETE /api/v1/connections/{id}", "GET /api/v1/bots", "GET /api/v1/bots/{id}", "GET /api/v1/bots/{id}/connections",
        "GET /api/v1/connections/{id}", "GET /api/v1/conversations", "GET /api/v1/conversations/{id}", "GET /api/v1/conversations/{id}/messages",
        "GET /api/v1/lanes/stuck", "GET /api/v1/messages/{id}/timeline", "GET /webchat/{connectionId}", "GET /webchat/{connectionId}/events", "GET /webchat/{connectionId}/messages",
        "PATCH /api/v1/bots/{id}", "PATCH /api/v1/connections/{id}", "POST /api/v1/bots", "POST /api/v1/bots/{id}/connections",
        "POST /api/v1/conversations/{id}/end", "POST /api/v1/conversations/{id}/handoff", "POST /api/v1/conversations/{id}/messages",
        "POST /api/v1/conversations/{id}/resume", "POST /webchat/{connectionId}/messages", "POST /webchat/{connectionId}/sessions",
        "POST /webhooks/{platform}/{connectionId}", "GET /api/v1/dead-letters", "GET /api/v1/dead-letters/{id}", "POST /api/v1/dead-letters/{id}/replay",
        "POST /api/v1/dead-letters/replay", "DELETE /api/v1/dead-letters/{id}", "GET /api/v1/audit", "GET /api/v1/conversations/{id}/suggestions",
        "DELETE /api/v1/conversations/{id}/suggestions/{suggestionId}", "GET /api/v1/platforms", "POST /api/v1/connections/{id}/conversations",
        "GET /webhooks/{platform}/{connectionId}", "POST /api/v1/auth/token", "GET /api/v1/auth/me", "POST /api/v1/auth/login", "POST /api/v1/auth/refresh",
        "POST /api/v1/auth/logout", "POST /api/v1/api-keys", "GET /api/v1/api-keys", "GET /api/v1/api-keys/{id}", "POST /api/v1/api-keys/{id}/rotate",
        "DELETE /api/v1/api-keys/{id}", "POST /api/v1/users", "GET /api/v1/users", "GET /api/v1/users/{id}", "PATCH /api/v1/users/{id}", "DELETE /api/v1/users/{id}",
        "GET /api/v1/conversations/{id}/export",
    ];

    /// <summary>What one comes in by.</summary>
    private static readonly string[] Doors = ["POST /api/v1/auth/login", "POST /api/v1/auth/refresh", "POST /api/v1/auth/logout"];

    [Fact]
    public async Task Every_platform_says_what_it_can_carry()
    {
        var platforms = (await api.GetAsync("api/v1/platforms")).Ok().Json.EnumerateArray().ToArray();

        var telegram = platforms.Single(p => p.GetProperty("name").GetString() == "telegram");
        telegram.GetProperty("maxTextLength").GetInt32().ShouldBe(4096);
        foreach (var platform in platforms)
        {
            platform.GetProperty("maxTextLength").GetInt32().ShouldBePositive(platform.ToString());
            platform.GetProperty("receivesMedia").ValueKind.ShouldBe(JsonValueKind.Array);
        }
    }

    [Fact]
    public async Task A_bot_cannot_speak_first_where_the_platform_does_not_let_it()
    {
        var bot = (await api.PostAsync("api/v1/bots", new { name = "Shy" })).Ok().Id();
        var connection = (await api.PostAsync($"api/v1/bots/{bot}/connections", new { platform = "webchat", displayName = "Page" })).Ok().Id();

        (await api.PostAsync($"api/v1/connections/{connection}/conversations", new { to = "somebody", text = "Hello" })).ShouldBeProblem(422, "to");
        (await api.PostAsync($"api/v1/connections/{connection}/conversations", new { to = "", text = "Hello" })).ShouldBeProblem(422, "to");
        (await api.PostAsync($"api/v1/connections/{connection}/conversations", new { to = "somebody", text = " " })).ShouldBeProblem(422, "text");
        (await api.PostAsync($"api/v1/connections/{Guid.CreateVersion7()}/conversations", new { to = "somebody", text = "Hello" })).ShouldBeProblem(404);
    }

    [Fact]
    public async Task OpenApi_lists_every_route_and_which_need_a_key()
    {
        var document = (await api.GetAsync("openapi/v1.json")).Ok().Json;

        var operations = document.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(o => (Name: $"{o.Name.ToUpperInvariant()} {path.Name}", Operation: o.Value))).ToArray();

        Contract.ShouldBeSubsetOf(operations.Select(o => o.Name));
        foreach (var (name, operation) in operations)
        {
            operation.TryGetProperty("security", out _).ShouldBe(name.Contains(" /api/", StringComparison.Ordinal) && !Doors.Contains(name), name);
        }
    }

    [Fact]
    public async Task Without_a_key_or_with_a_wrong_one_every_route_answers_401()
    {
        foreach (var route in Contract.Except(Doors).Where(r => r.Contains(" /api/", StringComparison.Ordinal)))
        {
            var (method, path) = (new HttpMethod(route.Split(' ')[0]), route.Split(' ')[1][1..].Replace("{id}", Guid.CreateVersion7().ToString(), StringComparison.Ordinal)
                .Replace("{suggestionId}", Guid.CreateVersion7().ToString(), StringComparison.Ordinal));
            foreach (var key in new[] { "", "wrong-key-wrong-key-wrong", new string('x', 600) })
            {
                (await api.SendAsync(method, path, null, ("X-Api-Key", key))).ShouldBeProblem(401);
            }
        }
    }

    [Fact]
    public async Task What_does_not_exist_is_a_404_problem()
    {
        var id = Guid.CreateVersion7();
        foreach (var path in new[] { $"bots/{id}", $"bots/{id}/connections", $"connections/{id}", $"conversations/{id}", $"conversations/{id}/messages", $"messages/{id}/timeline", "bots/7", "nothing" })
        {
            (await api.GetAsync($"api/v1/{path}")).ShouldBeProblem(404);
        }
        foreach (var path in new[] { "handoff", "resume", "end" })
        {
            (await api.PostAsync($"api/v1/conversations/{id}/{path}")).ShouldBeProblem(404);
        }
        (await api.PostAsync($"api/v1/conversations/{id}/messages", new { text = "Hello" })).ShouldBeProblem(404);
        (await api.PostAsync($"api/v1/bots/{id}/connections", new { platform = "webchat" })).ShouldBeProblem(404);
        (await api.SendAsync(HttpMethod.Patch, $"api/v1/bots/{id}", new { name = "x" })).ShouldBeProblem(404);
        (await api.SendAsync(HttpMethod.Delete, $"api/v1/connections/{id}")).ShouldBeProblem(404);
        (await api.SendAsync(HttpMethod.Delete, $"api/v1/bots/{id}")).ShouldBeProblem(404);
    }

    [Fact]
    public async Task Malformed_input_is_answered_with_its_own_status()
    {
        (await api.PostAsync("api/v1/bots", new StringContent("{\"name\":", Encoding.UTF8, "application/json"))).Status.ShouldBe(400);
        (await api.PostAsync("api/v1/bots", new StringContent("[]", Encoding.UTF8, "application/json"))).ShouldBeProblem(400);
        (await api.PostAsync("api/v1/bots", new { name = "x", ai = new { temperature = "hot" } })).ShouldBeProblem(400, "ai.temperature");
        (await api.PostAsync("api/v1/bots", new StringContent("name=x", Encoding.UTF8, "text/plain"))).ShouldBeProblem(415);
        (await api.PostAsync("api/v1/bots", new StringContent("{\"name\":\"" + new string('x', 1_100_000) + "\"}", Encoding.UTF8, "application/json"))).ShouldBeProblem(413);
        (await api.PostAsync("api/v1/bots", new { name = " " })).ShouldBeProblem(422, "name");
        (await api.PostAsync("api/v1/bots", new { name = "x", ai = new { temperature = 9 } })).ShouldBeProblem(422, "ai.temperature");
        // A setting that is misspelt is not one that was left out.
        var careful = new { name = "Careful", processing = new { moderation = new { input = new { action = "flag" } }, budgets = new { tokensPerDay = 1_000 } } };
        var bot = (await api.PostAsync("api/v1/bots", careful)).Ok();
        bot.Json.GetProperty("processing").GetProperty("budgets").EnumerateObject().Select(p => p.Name).ShouldNotContain(name => name.StartsWith("has", StringComparison.Ordinal), "what follows from the settings is none");
        (await api.PostAsync("api/v1/bots", new { name = "x", processing = new { moderaton = new { } } })).ShouldBeProblem(400, "processing.moderaton");
        (await api.SendAsync(HttpMethod.Patch, $"api/v1/bots/{bot.Id()}", new { processing = new { moderation = new { input = new { acton = "block" } } } })).ShouldBeProblem(400, "processing.moderation.input.acton");
        (await api.SendAsync(HttpMethod.Patch, $"api/v1/bots/{bot.Id()}", bot.Json)).Ok().Json.GetProperty("processing").ToString().ShouldBe(bot.Json.GetProperty("processing").ToString());
        (await api.PostAsync("api/v1/bots", new { name = "x", procesing = new { } })).ShouldBeProblem(400, "procesing");
        (await api.SendAsync(HttpMethod.Patch, $"api/v1/bots/{bot.Id()}", new { nam = "y" })).ShouldBeProblem(400, "nam");
        var connections = $"api/v1/bots/{bot.Id()}/connections";
        (await api.PostAsync(connections, new { platform = "webchat", setings = new { } })).ShouldBeProblem(400, "setings");
        var connection = (await api.PostAsync(connections, new { platform = "webchat" })).Ok();
        (await api.SendAsync(HttpMethod.Patch, $"api/v1/connections/{connection.Id()}", new { enable = false })).ShouldBeProblem(400, "enable");
        (await api.SendAsync(HttpMethod.Patch, $"api/v1/connections/{connection.Id()}", connection.Json)).Ok().Json.GetProperty("displayName").GetString().ShouldBe("Careful");
        (await api.SendAsync(HttpMethod.Patch, $"api/v1/connections/{connection.Id()}", new { enabled = "no" })).ShouldBeProblem(400, "enabled");
        (await api.GetAsync("api/v1/bots?limit=0")).ShouldBeProblem(400, "limit");
        (await api.GetAsync("api/v1/bots?limit=201")).ShouldBeProblem(400, "limit");
        (await api.GetAsync("api/v1/bots?limit=many")).ShouldBeProblem(400);
        (await api.GetAsync("api/v1/bots?cursor=%22")).ShouldBeProblem(400, "cursor");
        (await api.GetAsync("api/v1/conversations?state=asleep")).ShouldBeProblem(400, "state");
        (await api.SendAsync(HttpMethod.Put, "api/v1/bots", new { name = "x" })).ShouldBeProblem(405);
    }

    [Fact]
    public async Task A_patch_changes_what_it_gives_and_respects_If_Match()
    {
        var id = (await api.PostAsync("api/v1/bots", new { name = "Before", ai = new { systemPrompt = "Be kind.", temperature = 0.5 } })).Ok().Id();

        var changed = (await api.SendAsync(HttpMethod.Patch, $"api/v1/bots/{id}", new { ai = new { maxHistory = 7 } }, ("If-Match", "\"1\""))).Ok();

        changed.Json.GetProperty("name").GetString().ShouldBe("Before");
        changed.Json.GetProperty("ai").GetProperty("systemPrompt").GetString().ShouldBe("Be kind.");
        changed.Json.GetProperty("ai").GetProperty("maxHistory").GetInt32().ShouldBe(7);
        changed.Json.GetProperty("promptVersion").GetInt32().ShouldBe(1);
        changed.ETag.ShouldBe("\"2\"");
        (await api.SendAsync(HttpMethod.Patch, $"api/v1/bots/{id}", new { name = "After" }, ("If-Match", "\"1\""))).ShouldBeProblem(412);
        // RFC 9110, 13.1.1: one of a list will do, a weak tag is never the same, and any version is what * means.
        (string Header, int? Problem)[] conditions = [("\"1\", \"2\"", null), ("\"1\", \"2\"", 412), ("\"03\"", 412), ("W/\"3\"", 412), ("3", 412), ("\"1\", W/\"3\", \"3\"", null), ("*", null)];
        foreach (var (header, problem) in conditions)
        {
            var answer = await api.SendAsync(HttpMethod.Patch, $"api/v1/bots/{id}", new { name = "After" + header.Length }, ("If-Match", header));
            answer.Status.ShouldBe(problem ?? 200, header);
        }
        var cleared = (await api.SendAsync(HttpMethod.Patch, $"api/v1/bots/{id}", new StringContent("{\"ai\":{\"temperature\":null}}", MediaTypeHeaderValue.Parse("application/merge-patch+json")))).Ok();
        cleared.Json.GetProperty("ai").GetProperty("temperature").ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
    }

    [Fact]
    public async Task Pages_follow_each_other_without_a_gap()
    {
        var bot = await api.CreateBotAsync();
        var made = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            made.Add((await api.PostAsync($"api/v1/bots/{bot}/connections", new { platform = "webchat", displayName = $"Chat {i}" })).Ok().Id());
        }

        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = (await api.GetAsync($"api/v1/bots/{bot}/connections?limit=2&cursor={cursor}")).Ok().Json;
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(c => c.GetProperty("id").GetString()!));
            cursor = page.GetProperty("nextCursor").GetString();
        }
        while (cursor is not null);

        seen.ShouldBe(made);
    }

    [Fact]
    public async Task A_connection_shows_the_names_of_its_secrets_and_never_their_values()
    {
        const string Token = "424242:a-very-secret-token-value";
        const string Secret = "a-very-secret-webhook-value";
        var bot = await api.CreateBotAsync();

        var created = (await api.PostAsync($"api/v1/bots/{bot}/connections", new { platform = "telegram", secrets = new { botToken = Token, webhookSecret = Secret } })).Ok();
        var id = created.Id();
        var changed = (await api.SendAsync(HttpMethod.Patch, $"api/v1/connections/{id}", new { displayName = "Renamed", secrets = new { webhookSecret = Secret + "2" } })).Ok();
        var answers = new[]
        {
            created, changed, (await api.GetAsync($"api/v1/connections/{id}")).Ok(), (await api.GetAsync($"api/v1/bots/{bot}/connections")).Ok(),
            await api.PostAsync($"api/v1/bots/{bot}/connections", new { platform = "telegram", secrets = new { botToken = Token, webhookSecret = Secret + "?" } }),
        };

        created.Json.GetProperty("secretNames").EnumerateArray().Select(n => n.GetString()).ShouldBe(["botToken", "webhookSecret"]);
        created.Json.GetProperty("webhookUrl").GetString().ShouldBe(new Uri(api.Service.Address, $"webhooks/telegram/{id}").ToString());
        changed.Json.GetProperty("displayName").GetString().ShouldBe("Renamed");
        answers.ShouldAllBe(a => !a.Text.Contains("very-secret"));
        api.Service.Output.ShouldNotContain("very-secret");
        api.Service.Output.ShouldNotContain(ApiProcess.AdminKey);
    }

    [Fact]
    public async Task A_connection_needs_a_known_platform_and_valid_secrets()
    {
        var bot = await api.CreateBotAsync();

        var unknown = await api.PostAsync($"api/v1/bots/{bot}/connections", new { platform = "pigeon" });
        unknown.ShouldBeProblem(422, "platform");
        unknown.Text.ShouldContain("telegram, webchat");
        (await api.PostAsync($"api/v1/bots/{bot}/connections", new { platform = "telegram" })).ShouldBeProblem(422, "secrets.botToken");
        (await api.PostAsync($"api/v1/bots/{bot}/connections", new { platform = "webchat", settings = new { allowedOrigins = new[] { "https://a.example; script-src *" } } }))
            .ShouldBeProblem(422, "settings.allowedOrigins");
        (await api.PostAsync($"api/v1/bots/{bot}/connections", new { platform = "webchat", displayName = "" })).ShouldBeProblem(422, "displayName");
        var generated = (await api.PostAsync($"api/v1/bots/{bot}/connections", new { platform = "telegram", secrets = new { botToken = "4711:abcdefgh" } })).Ok();
        generated.Json.GetProperty("secretNames").EnumerateArray().Select(n => n.GetString()).ShouldContain("webhookSecret");
        generated.Json.GetProperty("warnings").GetArrayLength().ShouldBe(1, "the platform cannot be reached, which is no obstacle");
    }

    [Fact]
    public async Task Deleting_a_bot_deletes_its_connections()
    {
        var bot = await api.CreateBotAsync();
        var connection = (await api.PostAsync($"api/v1/bots/{bot}/connections", new { platform = "webchat" })).Ok().Id();
        (await api.GetAsync($"webchat/{connection}")).Ok();

        (await api.SendAsync(HttpMethod.Delete, $"api/v1/bots/{bot}")).Status.ShouldBe(204);

        (await api.GetAsync($"api/v1/connections/{connection}")).ShouldBeProblem(404);
        (await api.GetAsync($"webchat/{connection}")).ShouldBeProblem(404);
    }

    [Fact]
    public async Task The_reference_page_loads_nothing_from_elsewhere()
    {
        var page = (await api.GetAsync("docs/")).Ok();

        page.Text.ShouldNotContain("https://");
        (await api.GetAsync("docs/app.js")).Ok();
    }
}
