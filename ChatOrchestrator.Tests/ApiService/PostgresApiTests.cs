using ChatOrchestrator.Tests.Fixtures;

namespace ChatOrchestrator.Tests.ApiService;

/// <summary>The same statements on the other store: one pass through everything that the API asks of it.</summary>
public sealed class PostgresApiTests
{
    [PostgresFact]
    public async Task The_api_works_on_Postgres()
    {
        await using var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        var settings = ApiProcess.Settings();
        settings["ConnectionStrings__chatdb"] = database.ConnectionString;
        var api = await ApiProcess.StartAsync(settings);
        try
        {
            var bot = await api.CreateBotAsync();
            var connection = (await api.PostAsync($"api/v1/bots/{bot}/connections", new { platform = "webchat" })).Ok().Id();
            (await api.PostAsync($"api/v1/bots/{bot}/connections", new { platform = "webchat" })).Ok();
            var first = (await api.GetAsync($"api/v1/bots/{bot}/connections?limit=1")).Ok().Json;
            (await api.GetAsync($"api/v1/bots/{bot}/connections?limit=1&cursor={first.GetProperty("nextCursor").GetString()}")).Ok()
                .Json.GetProperty("items")[0].GetProperty("id").GetString().ShouldNotBe(connection);
            // Postgres keeps no U+0000, not even in JSON.
            (await api.PostAsync($"api/v1/bots/{bot}/connections", new
            {
                platform = "whatsapp",
                secrets = new { accessToken = "a", appSecret = "b", verifyToken = "c" },
                settings = new { phoneNumberId = "123456", verifiedName = "a\0b" },
            })).Ok().Json.GetProperty("settings").GetProperty("verifiedName").GetString().ShouldBe("a\uFFFDb");
            var visitors = new List<WebChatVisitor>();
            for (var i = 0; i < 3; i++)
            {
                visitors.Add(await WebChatVisitor.OpenAsync(api, connection));
                await visitors[i].StreamUntilAsync(null, WebChatVisitor.IsBotMessage, async () => (await visitors[i].SayAsync("Hello", "c1")).Ok());
            }
            var conversation = await visitors[0].ConversationAsync();
            var seen = new List<string>();
            for (string? cursor = null; ;)
            {
                var page = (await api.GetAsync($"api/v1/conversations?botId={bot}&limit=1&cursor={cursor}")).Ok().Json;
                seen.AddRange(page.GetProperty("items").EnumerateArray().Select(c => c.GetProperty("id").GetString()!));
                cursor = page.GetProperty("nextCursor").GetString();
                if (cursor is null)
                {
                    break;
                }
            }
            seen.Count.ShouldBe(3);
            seen.Distinct().Count().ShouldBe(3);
            (await api.PostAsync($"api/v1/conversations/{conversation}/handoff")).Ok().Json.GetProperty("state").GetString().ShouldBe("handed_off");
            var said = (await api.PostAsync($"api/v1/conversations/{conversation}/messages", new { text = "Ada here." })).Ok().Id();
            await Eventually.PassesAsync(
                async _ => (await api.GetAsync($"api/v1/messages/{said}/timeline")).Ok().Json.GetProperty("outcome").GetString().ShouldBe("delivered"),
                TimeSpan.FromSeconds(60), "the operator's message is delivered");
            (await api.GetAsync($"api/v1/conversations/{conversation}/messages?order=asc&limit=2")).Ok().Json.GetProperty("nextCursor").GetString().ShouldNotBeNull();
            (await api.PostAsync($"api/v1/conversations/{conversation}/resume")).Ok();
            (await api.PostAsync($"api/v1/conversations/{conversation}/end")).Ok();
            (await api.SendAsync(HttpMethod.Patch, $"api/v1/connections/{connection}", new { enabled = false })).Ok().Json.GetProperty("disabledReason").GetString().ShouldBe("switched_off");
            (await api.GetAsync($"webchat/{connection}")).ShouldBeProblem(404);
            (await api.SendAsync(HttpMethod.Patch, $"api/v1/connections/{connection}", new { enabled = true })).Ok();
            (await api.GetAsync($"webchat/{connection}")).Ok();
            (await api.SendAsync(HttpMethod.Delete, $"api/v1/bots/{bot}")).Status.ShouldBe(204);
            (await api.GetAsync($"api/v1/conversations/{conversation}")).ShouldBeProblem(404);
            await using var source = Npgsql.NpgsqlDataSource.Create(database.ConnectionString);
            await using var left = source.CreateCommand(
                "SELECT (SELECT count(*) FROM messages) + (SELECT count(*) FROM parts) + (SELECT count(*) FROM lanes) + (SELECT count(*) FROM turns) + (SELECT count(*) FROM participants)");
            (await left.ExecuteScalarAsync()).ShouldBe(0L);
        }
        finally
        {
            await api.DisposeAsync();
        }
    }
}
