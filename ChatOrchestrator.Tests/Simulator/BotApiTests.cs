using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace ChatOrchestrator.Tests.Simulator;

/// <summary>The Bot API: methods, error shapes, limits and faults.</summary>
public sealed class BotApiTests
{
    private const long Bot = 77;
    private const long User = 5001;

    [Theory]
    [InlineData("/botnonsense/getMe", 401, "Unauthorized: invalid token specified")]
    [InlineData("/bot0:abc/getMe", 401, "Unauthorized: invalid token specified")]
    [InlineData("/bot77:ab/getMe", 401, "Unauthorized: invalid token specified")]
    [InlineData("/bot77:abc/flyToTheMoon", 404, "Not Found: method not found")]
    [InlineData("/bot77:abc", 404, "Not Found")]
    public async Task A_wrong_address_is_refused(string path, int status, string description)
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        using var response = await simulator.Http.GetAsync(new Uri(path, UriKind.Relative));
        ((int)response.StatusCode).ShouldBe(status);
        var body = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        body["ok"]!.GetValue<bool>().ShouldBeFalse();
        body["error_code"]!.GetValue<int>().ShouldBe(status);
        body["description"]!.GetValue<string>().ShouldBe(description);
    }

    [Fact]
    public async Task Every_body_format_is_read()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        await simulator.SayAsync(Bot, User, "hi");
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["chat_id"] = "5001", ["text"] = "form" });
        using var multipart = new MultipartFormDataContent { { new StringContent("5001"), "chat_id" }, { new StringContent("multipart"), "text" } };
        foreach (var content in new HttpContent[] { form, multipart })
        {
            using var response = await simulator.Http.PostAsync(new Uri("/bot77:token/SENDMESSAGE", UriKind.Relative), content);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        using var get = await simulator.Http.GetAsync(new Uri("/bot77:token/sendMessage?chat_id=5001&text=query", UriKind.Relative));
        get.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await simulator.MessagesAsync(Bot, User)).Select(static message => message!["text"]!.GetValue<string>())
            .ShouldBe(["hi", "form", "multipart", "query"]);
    }

    [Fact]
    public async Task A_malformed_body_is_a_bad_request()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        using var content = new StringContent("{\"chat_id\":", System.Text.Encoding.UTF8, "application/json");
        using var response = await simulator.Http.PostAsync(new Uri("/bot77:token/sendMessage", UriKind.Relative), content);
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("5001", "", null, "message text is empty")]
    [InlineData("", "x", null, "chat_id is empty")]
    [InlineData("4040", "x", null, "chat not found")]
    [InlineData("5001", "x", "XML", "unsupported parse_mode")]
    [InlineData("4040", "a.b", "MarkdownV2", "can't parse entities: Character '.' is reserved and must be escaped with the preceding '\\'")]
    [InlineData("5001", "<b>x", "HTML", "can't parse entities: Can't find end tag corresponding to start tag \"b\"")]
    public async Task A_wrong_message_is_refused(string chatId, string text, string? mode, string description)
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        await simulator.SayAsync(Bot, User, "hi");
        var answer = await simulator.BotAsync(Bot, "sendMessage", new { chat_id = chatId, text, parse_mode = mode });
        answer["description"]!.GetValue<string>().ShouldBe("Bad Request: " + description);
    }

    [Fact]
    public async Task A_bot_edits_and_deletes_its_own_messages_only()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        var theirs = (await simulator.SayAsync(Bot, User, "hi"))["message_id"]!.GetValue<int>();
        var sent = await simulator.BotAsync(Bot, "sendMessage", new { chat_id = User, text = "one" });
        var id = sent["result"]!["message_id"]!.GetValue<int>();
        (await simulator.BotAsync(Bot, "editMessageText", new { chat_id = User, message_id = id, text = "one" }))["description"]!.GetValue<string>()
            .ShouldStartWith("Bad Request: message is not modified");
        (await simulator.BotAsync(Bot, "editMessageText", new { chat_id = User, message_id = theirs, text = "x" }))["description"]!.GetValue<string>()
            .ShouldBe("Bad Request: message can't be edited");
        (await simulator.BotAsync(Bot, "editMessageText", new { chat_id = User, message_id = id, text = "two" }))["result"]!["edit_date"].ShouldNotBeNull();
        (await simulator.MessagesAsync(Bot, User))[1]!["text"]!.GetValue<string>().ShouldBe("two");
        (await simulator.BotAsync(Bot, "deleteMessage", new { chat_id = User, message_id = id }))["ok"]!.GetValue<bool>().ShouldBeTrue();
        (await simulator.BotAsync(Bot, "deleteMessage", new { chat_id = User, message_id = id }))["description"]!.GetValue<string>()
            .ShouldBe("Bad Request: message to delete not found");
    }

    [Fact]
    public async Task Rate_limits_say_how_long_to_wait_and_then_let_go()
    {
        var time = new FakeTimeProvider();
        await using var simulator = await SimulatorInstance.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(time));
        await simulator.ControlAsync(HttpMethod.Put, "telegram/settings", new { chat_messages_per_second = 1, group_messages_per_minute = 2 });
        await simulator.SayAsync(Bot, User, "hi");
        var group = (await simulator.ControlAsync(HttpMethod.Post, "telegram/chats", new { bots = new[] { Bot } }))!["id"]!.GetValue<long>();

        (await Send(User))["ok"]!.GetValue<bool>().ShouldBeTrue();
        var refused = await Send(User);
        refused["error_code"]!.GetValue<int>().ShouldBe(429);
        refused["description"]!.GetValue<string>().ShouldBe("Too Many Requests: retry after 1");
        refused["parameters"]!["retry_after"]!.GetValue<int>().ShouldBe(1);
        time.Advance(TimeSpan.FromSeconds(1));
        (await Send(User))["ok"]!.GetValue<bool>().ShouldBeTrue();

        await Send(group);
        await Send(group);
        time.Advance(TimeSpan.FromSeconds(20));
        (await Send(group))["parameters"]!["retry_after"]!.GetValue<int>().ShouldBe(40);

        Task<JsonObject> Send(long chat) => simulator.BotAsync(Bot, "sendMessage", new { chat_id = chat, text = "x" });
    }

    [Fact]
    public async Task Faults_strike_as_often_as_they_were_asked_to()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        await simulator.SayAsync(Bot, User, "hi");
        await simulator.ControlAsync(HttpMethod.Post, "telegram/faults", new { kind = "rate_limit", retry_after = 9, count = 2 });
        await simulator.ControlAsync(HttpMethod.Post, "telegram/faults", new { kind = "error", error_code = 500, chat_id = 1 });
        using (var response = await simulator.Http.GetAsync(new Uri("/bot77:token/sendMessage?chat_id=5001&text=x", UriKind.Relative)))
        {
            response.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
            response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(9));
        }

        (await simulator.BotAsync(Bot, "sendMessage", new { chat_id = User, text = "x" }))["parameters"]!["retry_after"]!.GetValue<int>().ShouldBe(9);
        (await simulator.BotAsync(Bot, "sendMessage", new { chat_id = User, text = "x" }))["ok"]!.GetValue<bool>().ShouldBeTrue();
        (await simulator.BotAsync(Bot, "sendMessage", new { chat_id = 1, text = "x" }))["error_code"]!.GetValue<int>().ShouldBe(500);
        (await simulator.ControlAsync(HttpMethod.Get, "telegram/faults"))!.AsArray().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("abort_after_accept")]
    [InlineData("hang_after_accept")]
    public async Task A_message_can_arrive_though_its_answer_is_lost(string kind)
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        await simulator.SayAsync(Bot, User, "hi");
        await simulator.ControlAsync(HttpMethod.Post, "telegram/faults", new { kind });
        using var patience = new CancellationTokenSource();
        var call = simulator.BotAsync(Bot, "sendMessage", new { chat_id = User, text = "arrived" }, patience.Token);
        await SimulatorInstance.UntilAsync(async () => (await simulator.MessagesAsync(Bot, User)).Count == 2, "the message is in the chat");
        if (kind == "hang_after_accept")
        {
            call.IsCompleted.ShouldBeFalse();
            await patience.CancelAsync();
        }

        await Should.ThrowAsync<Exception>(() => call);
    }

    [Fact]
    public async Task A_revoked_token_is_unauthorized()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        (await simulator.BotAsync(Bot, "getMe"))["result"]!["id"]!.GetValue<long>().ShouldBe(Bot);
        await simulator.ControlAsync(HttpMethod.Put, $"telegram/bots/{Bot}", new { is_revoked = true });
        (await simulator.BotAsync(Bot, "getMe"))["description"]!.GetValue<string>().ShouldBe("Unauthorized");
    }
}
