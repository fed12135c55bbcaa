using System.Text.Json.Nodes;

namespace ChatOrchestrator.Tests.Simulator;

/// <summary>https://core.telegram.org/bots/api#setwebhook</summary>
public sealed class WebhookTests
{
    private const long Bot = 79;

    [Fact]
    public async Task A_failing_update_is_repeated_in_order_while_other_chats_go_on()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        await using var receiver = await WebhookReceiver.StartAsync();
        var failures = 4;
        receiver.Answer = update => Text(update) == "a1" && Interlocked.Decrement(ref failures) >= 0 ? 500 : 200;
        await simulator.BotAsync(Bot, "setWebhook", new { url = receiver.Url, secret_token = "s3cret_-" });
        foreach (var text in new[] { "a1", "a2", "a3" })
        {
            await simulator.SayAsync(Bot, 1, text);
        }

        await simulator.SayAsync(Bot, 2, "b1");
        await receiver.WaitForAsync(static r => r.Received.Count(static got => got.Status == 200) == 4, "everything arrives");

        var chatA = receiver.Received.Where(static got => Text(got.Update)[0] == 'a').Select(static got => Text(got.Update)).ToList();
        chatA.ShouldBe(["a1", "a1", "a1", "a1", "a1", "a2", "a3"]);
        receiver.Received.ShouldAllBe(static got => got.Secret == "s3cret_-");
        receiver.Received.Where(static got => Text(got.Update) == "a1").Select(static got => got.UpdateId).Distinct().Count().ShouldBe(1);
        await SimulatorInstance.UntilAsync(
            async () => (await simulator.BotAsync(Bot, "getWebhookInfo"))["result"]!["pending_update_count"]!.GetValue<int>() == 0, "nothing is pending");
    }

    [Fact]
    public async Task GetWebhookInfo_tells_what_is_wrong()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        await using var receiver = await WebhookReceiver.StartAsync();
        receiver.Answer = static _ => 503;
        await simulator.BotAsync(Bot, "setWebhook", new { url = receiver.Url, max_connections = 7, allowed_updates = new[] { "message" } });
        await simulator.SayAsync(Bot, 1, "x");
        await receiver.WaitForAsync(static r => r.Received.Count >= 3, "three attempts");
        var info = (await simulator.BotAsync(Bot, "getWebhookInfo"))["result"]!;
        info["url"]!.GetValue<string>().ShouldBe(receiver.Url);
        info["pending_update_count"]!.GetValue<int>().ShouldBe(1);
        info["last_error_message"]!.GetValue<string>().ShouldBe("Wrong response from the webhook: 503 Service Unavailable");
        info["last_error_date"]!.GetValue<long>().ShouldBeGreaterThan(1_700_000_000);
        info["max_connections"]!.GetValue<int>().ShouldBe(7);
        info["allowed_updates"]!.AsArray().Count.ShouldBe(1);

        // What was not delivered can be polled.
        await simulator.BotAsync(Bot, "deleteWebhook");
        (await simulator.BotAsync(Bot, "getUpdates"))["result"]!.AsArray().Count.ShouldBe(1);
        await simulator.BotAsync(Bot, "deleteWebhook", new { drop_pending_updates = true });
        (await simulator.BotAsync(Bot, "getUpdates"))["result"]!.AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task Nobody_listening_is_a_refused_connection_until_somebody_does()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        await using var receiver = await WebhookReceiver.StartAsync();
        await simulator.BotAsync(Bot, "setWebhook", new { url = "http://127.0.0.1:1/hook" });
        await simulator.SayAsync(Bot, 1, "x");
        await SimulatorInstance.UntilAsync(async () =>
            (await simulator.BotAsync(Bot, "getWebhookInfo"))["result"]!["last_error_message"]?.GetValue<string>() == "Connection refused", "the error is known");
        await simulator.BotAsync(Bot, "setWebhook", new { url = receiver.Url });
        await receiver.WaitForAsync(static r => r.Received.Count == 1, "the pending update arrives");
    }

    [Fact]
    public async Task A_call_in_the_answer_is_carried_out()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        await using var receiver = await WebhookReceiver.StartAsync();
        receiver.Body = new { method = "sendMessage", chat_id = 1, text = "from the answer" };
        await simulator.BotAsync(Bot, "setWebhook", new { url = receiver.Url });
        await simulator.SayAsync(Bot, 1, "x");
        await SimulatorInstance.UntilAsync(async () => (await simulator.MessagesAsync(Bot, 1)).Count == 2, "the answer is in the chat");
    }

    [Theory]
    [InlineData("http://ok.example/", "bad token!", "Bad Request: secret token contains unallowed characters")]
    [InlineData("ftp://x/", "", "Bad Request: invalid webhook URL specified")]
    public async Task A_wrong_webhook_is_refused(string url, string secret, string description)
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        (await simulator.BotAsync(Bot, "setWebhook", new { url, secret_token = secret }))["description"]!.GetValue<string>().ShouldBe(description);
    }

    private static string Text(JsonObject update) => update["message"]!["text"]!.GetValue<string>();
}
