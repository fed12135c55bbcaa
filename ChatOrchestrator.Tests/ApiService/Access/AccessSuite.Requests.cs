using System.Text.Json;
using ChatOrchestrator.Tests.Persistence;

namespace ChatOrchestrator.Tests.ApiService.Access;

public abstract partial class AccessSuite
{
    [StoreFact]
    public async Task The_same_key_and_request_have_one_effect_and_one_answer()
    {
        var key = ("Idempotency-Key", Guid.NewGuid().ToString());

        var all = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Api.PostAsync("api/v1/bots", new { name = "Once" }, key)));
        var again = (await Api.PostAsync("api/v1/bots", new { name = "Once" }, key)).Ok();

        all.ShouldAllBe(a => a.Status == 201 || a.Status == 409);
        all.Where(a => a.Status == 201).ShouldAllBe(a => a.Id() == again.Id());
        again.Status.ShouldBe(201);
        again.ETag.ShouldBe("\"1\"");
        (await AllBotsAsync()).Count(b => b.GetProperty("id").GetString() == again.Id()).ShouldBe(1);
        (await Api.PostAsync("api/v1/bots", new { name = "Other" }, key)).ShouldBeProblem(422, "Idempotency-Key");
        (await Api.PostAsync("api/v1/users", new { name = "Once" }, key)).ShouldBeProblem(422, "Idempotency-Key");
        (await Api.PostAsync("api/v1/bots", new { name = "x" }, ("Idempotency-Key", new string('k', 256)))).ShouldBeProblem(400, "Idempotency-Key");
        var other = await KeyAsync("owner");
        (await Api.PostAsync("api/v1/bots", new { name = "Theirs" }, key, other)).Ok().Id().ShouldNotBe(again.Id(), "another caller's keys are others");
    }

    [StoreFact]
    public async Task After_an_error_the_key_is_free_and_an_issued_secret_is_answered_again()
    {
        var key = ("Idempotency-Key", Guid.NewGuid().ToString());

        (await Api.PostAsync("api/v1/api-keys", new { name = "", role = "viewer" }, key)).ShouldBeProblem(422, "name");
        var issued = (await Api.PostAsync("api/v1/api-keys", new { name = "Good", role = "viewer" }, key)).Ok();
        (await Api.PostAsync("api/v1/api-keys", new { name = "Good", role = "viewer" }, key)).Ok().Text.ShouldBe(issued.Text);
    }

    [StoreFact]
    public async Task Every_write_is_in_the_audit_log_with_who_from_where_before_and_after()
    {
        const string Secret = "another-very-secret-value";
        var (name, value) = await KeyAsync("admin");
        var bot = (await Api.PostAsync("api/v1/bots", new { name = "Before" }, (name, value))).Ok().Id();
        (await Api.SendAsync(HttpMethod.Patch, $"api/v1/bots/{bot}", new { name = "After" }, (name, value))).Ok();
        var telegram = (await Api.PostAsync($"api/v1/bots/{bot}/connections", new { platform = "telegram", secrets = new { botToken = "4711:" + Secret } }, (name, value))).Ok().Id();
        (await Api.SendAsync(HttpMethod.Patch, $"api/v1/connections/{telegram}", new { secrets = new { botToken = "4712:" + Secret } }, (name, value))).Ok();
        (await Api.GetAsync($"api/v1/connections/{telegram}", (name, value))).Ok();
        var chat = (await Api.PostAsync($"api/v1/bots/{bot}/connections", new { platform = "webchat" }, (name, value))).Ok().Id();
        var talk = await TalkAsync(chat);
        (await Api.PostAsync($"api/v1/conversations/{talk}/handoff", new { agent = "Ada" }, (name, value))).Ok();
        (await Api.PostAsync($"api/v1/conversations/{talk}/messages", new { text = "Nobody else reads this." }, (name, value))).Ok();
        (await Api.PostAsync($"api/v1/conversations/{talk}/resume", null, (name, value))).Ok();
        (await Api.PostAsync($"api/v1/conversations/{talk}/end", null, (name, value))).Ok();
        (await Api.GetAsync($"api/v1/conversations/{talk}/export", (name, value))).Ok();
        (await Api.SendAsync(HttpMethod.Delete, $"api/v1/bots/{bot}", null, (name, value))).Status.ShouldBe(204);

        var answer = (await Api.GetAsync($"api/v1/audit?botId={bot}&limit=200")).Ok();
        var entries = Items(answer).Reverse().ToArray();
        entries.Select(e => e.GetProperty("action").GetString()).ShouldBe(
        [
            "bot.created", "bot.changed", "connection.created", "connection.changed", "connection.read", "connection.created", "conversation.handed_off", "message.sent",
            "conversation.resumed", "conversation.ended", "conversation.exported", "connection.deleted", "connection.deleted", "bot.deleted",
        ]);
        entries.ShouldAllBe(e => e.GetProperty("actor").GetString()!.StartsWith("key:A admin/") && e.GetProperty("address").GetString() == "127.0.0.1");
        entries[1].GetProperty("before").GetProperty("name").GetString().ShouldBe("Before");
        entries[1].GetProperty("after").GetProperty("name").GetString().ShouldBe("After");
        entries[3].GetProperty("after").GetProperty("secrets").GetProperty("botToken").GetString().ShouldBe("***");
        entries[3].GetProperty("detail").GetProperty("changedSecrets")[0].GetString().ShouldBe("botToken");
        entries[6].GetProperty("before").GetProperty("state").GetString().ShouldBe("active");
        answer.Text.ShouldNotContain(Secret);
        answer.Text.ShouldNotContain("Nobody else");
        Items(await Api.GetAsync($"api/v1/audit?action=connection.deleted&subjectId={chat}")).ShouldHaveSingleItem();
        Items(await Api.GetAsync($"api/v1/audit?botId={bot}&from=2100-01-01T00:00:00Z")).ShouldBeEmpty();
    }

    [StoreFact]
    public async Task Conversations_are_found_by_text_participant_platform_and_time()
    {
        var (bot, connection) = await BotWithChatAsync();
        var word = $"w{Guid.NewGuid():N}";
        var (found, other) = (await TalkAsync(connection, $"Where is my {word}, please?"), await TalkAsync(connection, "Something else"));
        var chatId = (await Api.GetAsync($"api/v1/conversations/{found}")).Ok().Json.GetProperty("chatId").GetString()!;

        (await SearchAsync($"text={word}")).ShouldBe([found]);
        (await SearchAsync($"text=where%20{word}&botId={bot}")).ShouldBe([found]);
        (await SearchAsync($"text={word}%25&botId={bot}")).Length.ShouldBeLessThanOrEqualTo(1);
        (await SearchAsync($"text=no-such-{word}")).ShouldBeEmpty();
        (await SearchAsync($"participant={Uri.EscapeDataString(chatId)}")).ShouldBe([found]);
        (await SearchAsync($"platform=webchat&botId={bot}")).Order().ShouldBe(new[] { found, other }.Order());
        (await SearchAsync($"platform=telegram&botId={bot}")).ShouldBeEmpty();
        (await SearchAsync($"botId={bot}&to=2001-01-01T00:00:00Z")).ShouldBeEmpty();
        (await SearchAsync($"botId={bot}&state=active&from=2001-01-01T00:00:00Z")).Length.ShouldBe(2);
        (await Api.GetAsync($"api/v1/conversations?text={new string('x', 201)}")).ShouldBeProblem(400, "text");
        (await Api.GetAsync("api/v1/conversations?platform=No!")).ShouldBeProblem(400, "platform");
    }

    [StoreFact]
    public async Task An_export_has_a_line_for_the_conversation_and_one_for_each_message()
    {
        var (_, connection) = await BotWithChatAsync();
        var talk = await TalkAsync(connection, "Grüße\nin zwei Zeilen");

        var export = (await Api.GetAsync($"api/v1/conversations/{talk}/export")).Ok();

        export.MediaType.ShouldBe("application/x-ndjson");
        var lines = export.Text.TrimEnd('\n').Split('\n').Select(l => JsonDocument.Parse(l).RootElement).ToArray();
        lines[0].GetProperty("conversation").GetProperty("id").GetString().ShouldBe(talk);
        lines[1].GetProperty("message").GetProperty("text").GetString().ShouldBe("Grüße\nin zwei Zeilen");
        lines[2].GetProperty("message").GetProperty("author").GetString().ShouldBe("bot");
        (await Api.GetAsync($"api/v1/conversations/{Guid.CreateVersion7()}/export")).ShouldBeProblem(404);
    }

    private async Task<string[]> SearchAsync(string query) => [.. Items(await Api.GetAsync($"api/v1/conversations?{query}")).Select(c => c.GetProperty("id").GetString()!)];

    private async Task<List<JsonElement>> AllBotsAsync()
    {
        var all = new List<JsonElement>();
        for (string? cursor = null; ;)
        {
            var page = (await Api.GetAsync($"api/v1/bots?limit=200&cursor={cursor}")).Ok().Json;
            all.AddRange(page.GetProperty("items").EnumerateArray());
            cursor = page.GetProperty("nextCursor").GetString();
            if (cursor is null)
            {
                return all;
            }
        }
    }
}
