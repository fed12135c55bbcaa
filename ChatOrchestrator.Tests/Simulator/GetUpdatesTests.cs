using System.Text.Json.Nodes;

namespace ChatOrchestrator.Tests.Simulator;

/// <summary>Long polling. https://core.telegram.org/bots/api#getupdates</summary>
public sealed class GetUpdatesTests
{
    private const long Bot = 78;

    [Fact]
    public async Task Updates_stay_until_their_offset_is_passed()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        for (var i = 0; i < 3; i++)
        {
            await simulator.SayAsync(Bot, 1, $"m{i}");
        }

        var first = await ReadAsync(new { limit = 2 });
        first.Select(Text).ShouldBe(["m0", "m1"]);
        (await ReadAsync(new { limit = 2 })).Select(Text).ShouldBe(["m0", "m1"]);
        (await ReadAsync(new { offset = Id(first[1]!) + 1 })).Select(Text).ShouldBe(["m2"]);
        (await ReadAsync(new { offset = Id(first[1]!) + 1 })).Count.ShouldBe(1);
        (await ReadAsync(new { offset = Id(first[1]!) + 2 })).ShouldBeEmpty();

        await simulator.SayAsync(Bot, 1, "m3");
        await simulator.SayAsync(Bot, 1, "m4");
        (await ReadAsync(new { offset = -1 })).Select(Text).ShouldBe(["m4"]);

        async Task<JsonArray> ReadAsync(object arguments) => (await simulator.BotAsync(Bot, "getUpdates", arguments))["result"]!.AsArray();
        static string Text(JsonNode? update) => update!["message"]!["text"]!.GetValue<string>();
        static int Id(JsonNode update) => update["update_id"]!.GetValue<int>();
    }

    [Fact]
    public async Task A_poll_waits_for_news()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        var poll = simulator.BotAsync(Bot, "getUpdates", new { timeout = 30 });
        await Polling(simulator);
        poll.IsCompleted.ShouldBeFalse();
        await simulator.SayAsync(Bot, 1, "news");
        (await poll)["result"]!.AsArray().Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_second_poller_ends_the_first()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        var first = simulator.BotAsync(Bot, "getUpdates", new { timeout = 30 });
        await Polling(simulator);
        var second = simulator.BotAsync(Bot, "getUpdates", new { timeout = 30 });
        var refused = await first;
        refused["error_code"]!.GetValue<int>().ShouldBe(409);
        refused["description"]!.GetValue<string>()
            .ShouldBe("Conflict: terminated by other getUpdates request; make sure that only one bot instance is running");
        await simulator.SayAsync(Bot, 1, "news");
        (await second)["ok"]!.GetValue<bool>().ShouldBeTrue();
    }

    [Fact]
    public async Task A_webhook_excludes_polling()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        var waiting = simulator.BotAsync(Bot, "getUpdates", new { timeout = 30 });
        await Polling(simulator);
        (await simulator.BotAsync(Bot, "setWebhook", new { url = "http://127.0.0.1:1/" }))["description"]!.GetValue<string>().ShouldBe("Webhook was set");
        (await waiting)["description"]!.GetValue<string>().ShouldBe("Conflict: terminated by setWebhook request");
        (await simulator.BotAsync(Bot, "getUpdates"))["description"]!.GetValue<string>()
            .ShouldBe("Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first");
        (await simulator.BotAsync(Bot, "deleteWebhook"))["ok"]!.GetValue<bool>().ShouldBeTrue();
        (await simulator.BotAsync(Bot, "getUpdates"))["ok"]!.GetValue<bool>().ShouldBeTrue();
    }

    [Fact]
    public async Task Reactions_come_only_to_who_asked_for_them()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        var message = (await simulator.SayAsync(Bot, 1, "nice"))["message_id"]!.GetValue<int>();
        var reaction = new { bot_id = Bot, user_id = 1, message_id = message, emoji = "👍" };
        (await simulator.ControlAsync(HttpMethod.Post, "telegram/reactions", reaction))!["update_id"].ShouldBeNull();
        await simulator.BotAsync(Bot, "getUpdates", new { allowed_updates = new[] { "message", "message_reaction" } });
        (await simulator.ControlAsync(HttpMethod.Post, "telegram/reactions", reaction))!["update_id"].ShouldNotBeNull();
    }

    private static Task Polling(SimulatorInstance simulator) => SimulatorInstance.UntilAsync(
        async () => (await simulator.ControlAsync(HttpMethod.Get, "telegram/bots"))!.AsArray().Any(static bot => bot!["mode"]!.GetValue<string>() == "polling"),
        "the bot polls");
}
