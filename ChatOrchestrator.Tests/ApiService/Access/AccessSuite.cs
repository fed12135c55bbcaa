using System.Text.Json;
using ChatOrchestrator.Tests.Persistence;

namespace ChatOrchestrator.Tests.ApiService.Access;

/// <summary>Keys, their roles, and the bots that they are limited to.</summary>
public abstract partial class AccessSuite : IAsyncLifetime
{
    private ApiProcess _api = null!;

    protected ApiProcess Api => _api;

    public virtual async Task InitializeAsync() => _api = await StartAsync();

    public virtual Task DisposeAsync() => Task.CompletedTask;

    [StoreFact]
    public async Task A_viewer_reads_and_every_write_is_refused()
    {
        var (bot, connection) = await BotWithChatAsync();
        var viewer = await KeyAsync("viewer");
        var id = Guid.CreateVersion7();

        foreach (var path in new[] { "bots", $"bots/{bot}", $"bots/{bot}/connections", $"connections/{connection}", "conversations", "dead-letters", "lanes/stuck", "platforms", "auth/me" })
        {
            (await _api.GetAsync($"api/v1/{path}", viewer)).Ok();
        }
        foreach (var path in new[] { "bots", $"bots/{bot}/connections", $"conversations/{id}/messages", $"conversations/{id}/handoff", $"dead-letters/{id}/replay", "api-keys", "users", $"connections/{connection}/conversations" })
        {
            (await _api.PostAsync($"api/v1/{path}", new { }, viewer)).ShouldBeProblem(403);
        }
        (await _api.SendAsync(HttpMethod.Patch, $"api/v1/bots/{bot}", new { name = "Mine" }, viewer)).ShouldBeProblem(403);
        (await _api.SendAsync(HttpMethod.Delete, $"api/v1/bots/{bot}", null, viewer)).ShouldBeProblem(403);
        (await _api.GetAsync("api/v1/audit", viewer)).ShouldBeProblem(403);
        (await _api.GetAsync("api/v1/api-keys", viewer)).ShouldBeProblem(403);
        (await _api.GetAsync($"api/v1/bots/{bot}")).Ok().Json.GetProperty("name").GetString().ShouldBe("Test bot");
    }

    [StoreFact]
    public async Task An_agent_speaks_but_does_not_configure_and_an_admin_does_not_make_owners()
    {
        var (bot, connection) = await BotWithChatAsync();
        var conversation = await TalkAsync(connection);
        var (agent, admin) = (await KeyAsync("agent"), await KeyAsync("admin"));

        (await _api.PostAsync($"api/v1/conversations/{conversation}/handoff", new { agent = "Ada" }, agent)).Ok();
        (await _api.PostAsync($"api/v1/conversations/{conversation}/messages", new { text = "Ada here." }, agent)).Ok();
        (await _api.GetAsync($"api/v1/conversations/{conversation}/export", agent)).Ok();
        (await _api.SendAsync(HttpMethod.Patch, $"api/v1/bots/{bot}", new { name = "Mine" }, agent)).ShouldBeProblem(403);
        (await _api.SendAsync(HttpMethod.Patch, $"api/v1/bots/{bot}", new { name = "Changed" }, admin)).Ok();
        (await _api.PostAsync("api/v1/api-keys", new { name = "More", role = "owner" }, admin)).ShouldBeProblem(403);
        (await _api.PostAsync("api/v1/api-keys", new { name = "More", role = "admin" }, admin)).Ok();
        var owner = (await _api.PostAsync("api/v1/api-keys", new { name = "Boss", role = "owner" })).Ok().Id();
        (await _api.SendAsync(HttpMethod.Delete, $"api/v1/api-keys/{owner}", null, admin)).ShouldBeProblem(403);
        (await _api.PostAsync($"api/v1/api-keys/{owner}/rotate", new { }, admin)).ShouldBeProblem(403);
    }

    [StoreFact]
    public async Task A_key_with_some_permissions_of_its_role_has_only_those()
    {
        var key = await KeyAsync("admin", permissions: ["bots:read"]);

        (await _api.GetAsync("api/v1/bots", key)).Ok();
        (await _api.GetAsync("api/v1/conversations", key)).ShouldBeProblem(403);
        (await _api.PostAsync("api/v1/bots", new { name = "x" }, key)).ShouldBeProblem(403);
        (await _api.GetAsync("api/v1/auth/me", key)).Ok().Json.GetProperty("permissions").EnumerateArray().Select(p => p.GetString()).ShouldBe(["bots:read", "self"]);
        var keeper = await KeyAsync("admin", permissions: ["api_keys:write"]);
        var whole = (await _api.PostAsync("api/v1/api-keys", new { name = "Whole", role = "admin" })).Ok().Id();
        (await _api.PostAsync($"api/v1/api-keys/{whole}/rotate", new { }, keeper)).ShouldBeProblem(403);
        (await _api.PostAsync("api/v1/api-keys", new { name = "More", role = "viewer" }, keeper)).ShouldBeProblem(403);
        (await _api.PostAsync("api/v1/api-keys", new { name = "x", role = "viewer", permissions = new[] { "bots:write" } })).ShouldBeProblem(422, "permissions");
        (await _api.PostAsync("api/v1/api-keys", new { name = "x", role = "king" })).ShouldBeProblem(422, "role");
        (await _api.PostAsync("api/v1/api-keys", new { name = "x", role = "viewer", botIds = Array.Empty<Guid>() })).ShouldBeProblem(422, "botIds");
        (await _api.PostAsync("api/v1/api-keys", new { name = "x", role = "viewer", botIds = new[] { Guid.CreateVersion7() } })).ShouldBeProblem(422, "botIds");
        (await _api.PostAsync("api/v1/api-keys", new { name = "x", role = "viewer", expiresAt = "2001-01-01T00:00:00Z" })).ShouldBeProblem(422, "expiresAt");
    }

    [StoreFact]
    public async Task A_key_that_is_limited_to_a_bot_sees_nothing_of_another_anywhere()
    {
        var (mine, myChat) = await BotWithChatAsync();
        var (other, otherChat) = await BotWithChatAsync();
        var (myTalk, otherTalk) = (await TalkAsync(myChat), await TalkAsync(otherChat));
        var otherMessage = (await _api.GetAsync($"api/v1/conversations/{otherTalk}/messages")).Ok().Json.GetProperty("items")[0].GetProperty("id").GetString();
        // A lane that does not get on.
        foreach (var connection in new[] { myChat, otherChat })
        {
            (await _api.SendAsync(HttpMethod.Patch, $"api/v1/connections/{connection}", new { enabled = false })).Ok();
        }
        var admin = await KeyAsync("admin", bots: [mine]);

        foreach (var path in new[]
        {
            $"bots/{other}", $"bots/{other}/connections", $"connections/{otherChat}", $"conversations/{otherTalk}", $"conversations/{otherTalk}/messages",
            $"conversations/{otherTalk}/export", $"conversations/{otherTalk}/suggestions", $"messages/{otherMessage}/timeline",
            $"conversations?botId={other}", $"dead-letters?botId={other}", $"audit?botId={other}",
        })
        {
            (await _api.GetAsync($"api/v1/{path}", admin)).ShouldBeProblem(404);
        }
        foreach (var path in new[]
        {
            $"bots/{other}/connections", $"conversations/{otherTalk}/messages", $"conversations/{otherTalk}/handoff", $"conversations/{otherTalk}/resume",
            $"conversations/{otherTalk}/end", $"connections/{otherChat}/conversations", $"dead-letters/{Guid.CreateVersion7()}/replay", $"dead-letters/replay?botId={other}",
        })
        {
            (await _api.PostAsync($"api/v1/{path}", new { text = "Hello", to = "x", platform = "webchat" }, admin)).ShouldBeProblem(404);
        }
        (await _api.SendAsync(HttpMethod.Patch, $"api/v1/bots/{other}", new { name = "Mine" }, admin)).ShouldBeProblem(404);
        (await _api.SendAsync(HttpMethod.Patch, $"api/v1/connections/{otherChat}", new { displayName = "Mine" }, admin)).ShouldBeProblem(404);
        (await _api.SendAsync(HttpMethod.Delete, $"api/v1/bots/{other}", null, admin)).ShouldBeProblem(404);
        (await _api.SendAsync(HttpMethod.Delete, $"api/v1/connections/{otherChat}", null, admin)).ShouldBeProblem(404);
        (await _api.SendAsync(HttpMethod.Delete, $"api/v1/conversations/{otherTalk}/suggestions/{Guid.CreateVersion7()}", null, admin)).ShouldBeProblem(404);
        foreach (var (path, field) in new[] { ("bots", "id"), ("conversations", "botId"), ("audit", "botId"), ("dead-letters", "botId") })
        {
            var items = (await _api.GetAsync($"api/v1/{path}?limit=200", admin)).Ok().Json.GetProperty("items").EnumerateArray().ToArray();
            items.ShouldAllBe(i => i.GetProperty(field).GetString() == mine);
            if (path != "dead-letters")
            {
                items.ShouldNotBeEmpty(path);
            }
        }
        (await _api.GetAsync($"api/v1/conversations?connectionId={otherChat}", admin)).Ok().Json.GetProperty("items").GetArrayLength().ShouldBe(0);
        (await _api.GetAsync("api/v1/conversations?text=Hello", admin)).Ok().Json.GetProperty("items").EnumerateArray().Select(c => c.GetProperty("id").GetString()).ShouldBe([myTalk]);
        (await _api.GetAsync("api/v1/lanes/stuck", admin)).Ok().Text.ShouldNotContain(otherChat);
        (await _api.GetAsync($"api/v1/conversations/{myTalk}", admin)).Ok();
        (await _api.GetAsync("api/v1/platforms", admin)).Ok();
        (await _api.PostAsync("api/v1/bots", new { name = "x" }, admin)).ShouldBeProblem(403);
        (await _api.GetAsync("api/v1/api-keys", admin)).ShouldBeProblem(403);
        (await _api.PostAsync("api/v1/users", new { }, admin)).ShouldBeProblem(403);
    }

    [StoreFact]
    public async Task A_key_of_a_deleted_bot_and_a_deleted_or_expired_key_is_refused_at_once()
    {
        var (bot, _) = await BotWithChatAsync();
        var (ofBot, deleted) = (await KeyAsync("viewer", bots: [bot]), (await _api.PostAsync("api/v1/api-keys", new { name = "Gone", role = "viewer" })).Ok().Json);
        var gone = ("X-Api-Key", deleted.GetProperty("key").GetString()!);
        var token = (await _api.PostAsync("api/v1/auth/token", null, gone)).Ok().Json.GetProperty("accessToken").GetString();
        (await _api.GetAsync("api/v1/bots", ofBot)).Ok();
        (await _api.GetAsync("api/v1/bots", gone)).Ok();
        (await GetByTokenAsync("bots", token)).Ok();

        (await _api.SendAsync(HttpMethod.Delete, $"api/v1/bots/{bot}")).Status.ShouldBe(204);
        (await _api.SendAsync(HttpMethod.Delete, $"api/v1/api-keys/{deleted.GetProperty("id").GetString()}")).Status.ShouldBe(204);

        (await _api.GetAsync("api/v1/bots", ofBot)).ShouldBeProblem(401);
        (await _api.GetAsync("api/v1/bots", gone)).ShouldBeProblem(401);
        (await GetByTokenAsync("bots", token)).ShouldBeProblem(401);
    }

    [StoreFact]
    public async Task A_rotated_key_works_on_for_the_overlap_and_its_prefix_finds_it()
    {
        var made = (await _api.PostAsync("api/v1/api-keys", new { name = "Turns", role = "viewer" })).Ok().Json;
        var (id, first) = (made.GetProperty("id").GetString(), ("X-Api-Key", made.GetProperty("key").GetString()!));
        first.Item2.ShouldStartWith("cok_");
        var token = (await _api.PostAsync("api/v1/auth/token", null, first)).Ok().Json.GetProperty("accessToken").GetString();

        var second = ("X-Api-Key", (await _api.PostAsync($"api/v1/api-keys/{id}/rotate", new { overlapSeconds = 600 })).Ok().Json.GetProperty("key").GetString()!);

        (await _api.GetAsync("api/v1/bots", first)).Ok();
        (await _api.GetAsync("api/v1/bots", second)).Ok();
        (await GetByTokenAsync("bots", token)).ShouldBeProblem(401);
        var third = ("X-Api-Key", (await _api.PostAsync($"api/v1/api-keys/{id}/rotate", new { overlapSeconds = 0 })).Ok().Json.GetProperty("key").GetString()!);
        (await _api.GetAsync("api/v1/bots", first)).ShouldBeProblem(401);
        (await _api.GetAsync("api/v1/bots", second)).ShouldBeProblem(401);
        (await _api.GetAsync("api/v1/bots", third)).Ok();
        var found = (await _api.GetAsync($"api/v1/api-keys?prefix={third.Item2[..10]}")).Ok();
        found.Json.GetProperty("items").GetArrayLength().ShouldBe(1);
        found.Text.ShouldNotContain(third.Item2);
        (await _api.PostAsync($"api/v1/api-keys/{id}/rotate", new { overlapSeconds = -1 })).ShouldBeProblem(422, "overlapSeconds");
        _api.Service.Output.ShouldNotContain(third.Item2);
    }

    protected abstract Task<ApiProcess> StartAsync();

    protected Task<Answer> GetByTokenAsync(string path, string? token) => SendByTokenAsync(HttpMethod.Get, path, token);

    protected async Task<Answer> SendByTokenAsync(HttpMethod method, string path, string? token, object? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(_api.Service.Address, $"api/v1/{path}"));
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        request.Content = body is null ? null : System.Net.Http.Json.JsonContent.Create(body);
        using var response = await _api.Client.SendAsync(request);
        return new Answer((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, await response.Content.ReadAsStringAsync(), null);
    }

    protected async Task<(string, string)> KeyAsync(string role, string[]? bots = null, string[]? permissions = null) =>
        ("X-Api-Key", (await _api.PostAsync("api/v1/api-keys", new { name = $"A {role}", role, botIds = bots, permissions })).Ok().Json.GetProperty("key").GetString()!);

    protected async Task<(string Bot, string Connection)> BotWithChatAsync()
    {
        var bot = await _api.CreateBotAsync();
        return (bot, (await _api.PostAsync($"api/v1/bots/{bot}/connections", new { platform = "webchat" })).Ok().Id());
    }

    /// <summary>A visitor says something and gets an answer.</summary>
    protected async Task<string> TalkAsync(string connection, string text = "Hello")
    {
        var visitor = await WebChatVisitor.OpenAsync(_api, connection);
        await visitor.StreamUntilAsync(null, WebChatVisitor.IsBotMessage, async () => (await visitor.SayAsync(text, "c1")).Ok());
        return await visitor.ConversationAsync();
    }

    protected static IEnumerable<JsonElement> Items(Answer answer) => answer.Ok().Json.GetProperty("items").EnumerateArray();
}
