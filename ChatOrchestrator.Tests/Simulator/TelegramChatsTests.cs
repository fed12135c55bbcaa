using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace ChatOrchestrator.Tests.Simulator;

/// <summary>What people and groups do to a bot.</summary>
public sealed class TelegramChatsTests
{
    private const long Bot = 80;

    [Fact]
    public async Task A_bot_in_privacy_mode_hears_only_what_is_meant_for_it()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        await simulator.ControlAsync(HttpMethod.Put, $"telegram/bots/{Bot}", new { username = "helper_bot" });
        var group = await GroupAsync(simulator, "supergroup");
        (await SayInAsync("just talk"))["update_id"].ShouldBeNull();
        (await SayInAsync("hey @Helper_Bot, help"))["update_id"].ShouldNotBeNull();
        (await SayInAsync("/help"))["update_id"].ShouldNotBeNull();
        (await SayInAsync("/help@other_bot"))["update_id"].ShouldBeNull();
        var sent = await simulator.BotAsync(Bot, "sendMessage", new { chat_id = group, text = "here" });
        (await SayInAsync("thanks", sent["result"]!["message_id"]!.GetValue<int>()))["update_id"].ShouldNotBeNull();
        await simulator.ControlAsync(HttpMethod.Put, $"telegram/bots/{Bot}", new { can_read_all_group_messages = true });
        (await SayInAsync("just talk"))["update_id"].ShouldNotBeNull();

        async Task<JsonNode> SayInAsync(string text, int? replyTo = null) => (await simulator.ControlAsync(
            HttpMethod.Post, "telegram/messages", new { chat_id = group, user_id = 3, text, reply_to_message_id = replyTo }))!;
    }

    [Fact]
    public async Task A_topic_is_kept_and_an_unknown_one_refused()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        var forum = (await simulator.ControlAsync(HttpMethod.Post, "telegram/chats", new { type = "supergroup", is_forum = true, bots = new[] { Bot }, topics = new[] { 12 } }))!["id"]!.GetValue<long>();
        var sent = await simulator.BotAsync(Bot, "sendMessage", new { chat_id = forum, text = "x", message_thread_id = 12 });
        sent["result"]!["message_thread_id"]!.GetValue<int>().ShouldBe(12);
        sent["result"]!["is_topic_message"]!.GetValue<bool>().ShouldBeTrue();
        sent["result"]!["chat"]!["is_forum"]!.GetValue<bool>().ShouldBeTrue();
        (await simulator.BotAsync(Bot, "sendMessage", new { chat_id = forum, text = "x", message_thread_id = 13 }))["description"]!.GetValue<string>()
            .ShouldBe("Bad Request: message thread not found");
    }

    [Fact]
    public async Task An_upgraded_group_names_its_new_id()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        var group = await GroupAsync(simulator, "group");
        var upgraded = (await simulator.ControlAsync(HttpMethod.Post, $"telegram/chats/{group}/migrate"))!["id"]!.GetValue<long>();
        var refused = await simulator.BotAsync(Bot, "sendMessage", new { chat_id = group, text = "x" });
        refused["description"]!.GetValue<string>().ShouldBe("Bad Request: group chat was upgraded to a supergroup chat");
        refused["parameters"]!["migrate_to_chat_id"]!.GetValue<long>().ShouldBe(upgraded);
        (await simulator.BotAsync(Bot, "sendMessage", new { chat_id = upgraded, text = "x" }))["ok"]!.GetValue<bool>().ShouldBeTrue();
        var updates = (await simulator.BotAsync(Bot, "getUpdates"))["result"]!.AsArray();
        updates[0]!["message"]!["migrate_to_chat_id"]!.GetValue<long>().ShouldBe(upgraded);
        updates[1]!["message"]!["migrate_from_chat_id"]!.GetValue<long>().ShouldBe(group);
    }

    [Fact]
    public async Task A_blocked_or_kicked_bot_is_forbidden()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        await simulator.SayAsync(Bot, 3, "hi");
        await simulator.ControlAsync(HttpMethod.Post, "telegram/blocks", new { bot_id = Bot, user_id = 3 });
        (await simulator.BotAsync(Bot, "sendMessage", new { chat_id = 3, text = "x" }))["description"]!.GetValue<string>().ShouldBe("Forbidden: bot was blocked by the user");
        var updates = (await simulator.BotAsync(Bot, "getUpdates"))["result"]!.AsArray();
        updates[1]!["my_chat_member"]!["new_chat_member"]!["status"]!.GetValue<string>().ShouldBe("kicked");
        await simulator.ControlAsync(HttpMethod.Post, "telegram/blocks", new { bot_id = Bot, user_id = 3, blocked = false });
        (await simulator.BotAsync(Bot, "sendMessage", new { chat_id = 3, text = "x" }))["ok"]!.GetValue<bool>().ShouldBeTrue();

        var group = await GroupAsync(simulator, "group");
        await simulator.ControlAsync(HttpMethod.Post, $"telegram/chats/{group}/kick?botId={Bot}");
        (await simulator.BotAsync(Bot, "sendMessage", new { chat_id = group, text = "x" }))["description"]!.GetValue<string>().ShouldBe("Forbidden: bot was kicked from the group chat");
    }

    [Fact]
    public async Task A_long_text_comes_in_pieces_as_from_an_app()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        var result = await simulator.SayAsync(Bot, 3, new string('x', 10_000));
        result["message_ids"]!.AsArray().Count.ShouldBe(3);
        (await simulator.BotAsync(Bot, "getUpdates"))["result"]!.AsArray()
            .Sum(static update => update!["message"]!["text"]!.GetValue<string>().Length).ShouldBe(10_000);
    }

    [Fact]
    public async Task Two_bots_do_not_see_each_others_private_chats()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        await simulator.SayAsync(Bot, 3, "for the first");
        (await simulator.BotAsync(Bot + 1, "getUpdates"))["result"]!.AsArray().ShouldBeEmpty();
        (await simulator.BotAsync(Bot + 1, "sendMessage", new { chat_id = 3, text = "x" }))["description"]!.GetValue<string>().ShouldBe("Bad Request: chat not found");
    }

    [Fact]
    public async Task An_impossible_action_is_a_problem()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        using var response = await simulator.Http.PostAsJsonAsync("/simulator/telegram/messages", new { bot_id = 999, user_id = 1, text = "x" });
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
    }

    private static async Task<long> GroupAsync(SimulatorInstance simulator, string type) =>
        (await simulator.ControlAsync(HttpMethod.Post, "telegram/chats", new { type, title = "Team", bots = new[] { Bot } }))!["id"]!.GetValue<long>();
}
