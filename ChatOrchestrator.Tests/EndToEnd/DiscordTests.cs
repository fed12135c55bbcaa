using System.Globalization;
using System.Text.Json.Nodes;
using ChatOrchestrator.Tests.ApiService;
using ChatOrchestrator.Tests.Fixtures;
using ChatOrchestrator.Tests.Platforms.Discord;
using ChatOrchestrator.Tests.Simulator;

namespace ChatOrchestrator.Tests.EndToEnd;

/// <summary>A bot on the simulated Discord, with real processes.</summary>
public sealed class DiscordTests : IAsyncLifetime
{
    private const string BotId = "110000000000000042";
    private const string UserId = "220000000000000042";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(90);

    private readonly string _folder = Directory.CreateTempSubdirectory("discord-test").FullName;
    private SimulatorInstance _simulator = null!;

    public async Task InitializeAsync() =>
        _simulator = await SimulatorInstance.StartAsync(null, "--Simulator:Discord:MessagesPerFiveSeconds=0", "--Simulator:Discord:HeartbeatIntervalMs=1000");

    public async Task DisposeAsync()
    {
        await _simulator.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_person_chats_presses_buttons_and_uses_slash_commands()
    {
        await using var api = await StartAsync();
        var connection = await ConnectAsync(api);

        await SayAsync("hello there");
        await AnswerAsync(m => Content(m).Contains("hello there", StringComparison.Ordinal), "the message is answered");

        // The endpoint must answer PING and refuse a wrong signature before it is taken.
        await _simulator.ControlAsync(HttpMethod.Put, $"discord/bots/{BotId}", new { interactions_url = new Uri(api.Service.Address, $"webhooks/discord/{connection}") });
        var asked = await CommandAsync("ask", new { question = "a very long answer, please" });
        (asked["endpoint_status"]!.GetValue<int>(), asked["response"]!.GetValue<int>()).ShouldBe((200, 5));
        await AnswerAsync(m => Content(m).Contains("That was all of it.", StringComparison.Ordinal), "the long answer is complete");
        var parts = (await MessagesAsync()).Where(m => m!["webhook_id"] is not null).ToList();
        parts.Count.ShouldBeGreaterThan(3);
        parts.ShouldAllBe(m => Content(m!).Length <= 2000 && m!["flags"]!.GetValue<int>() == 0);

        (await CommandAsync("reset", new { }))["response"]!.GetValue<int>().ShouldBe(5);
        await AnswerAsync(m => Content(m).Contains("forgotten", StringComparison.Ordinal), "the conversation is forgotten");
    }

    [Fact]
    public async Task A_process_that_dies_loses_nothing_and_repeats_nothing()
    {
        await using (var first = await StartAsync())
        {
            await ConnectAsync(first);
            await SayAsync("number 0 here");
            await AnsweredAsync(0);
            await first.Service.KillAsync();
        }
        // Nobody listens; Discord keeps the session's events for whoever resumes it.
        await SayAsync("number 1 here");
        await using var second = await StartAsync();
        await SayAsync("number 2 here");
        await AnsweredAsync(2);
        await AnsweredAsync(1);
        var answers = (await MessagesAsync()).Where(m => m!["author"]!["bot"]!.GetValue<bool>()).Select(m => Content(m!)).ToList();
        Enumerable.Range(0, 3).Select(n => answers.Count(a => a.Contains($"number {n} here", StringComparison.Ordinal))).ShouldBe([1, 1, 1]);
        (await BotAsync())["identifies"]!.GetValue<int>().ShouldBe(1);
    }

    [Fact]
    public async Task A_revoked_token_disables_the_connection()
    {
        await using var api = await StartAsync();
        var connection = await ConnectAsync(api);
        await _simulator.ControlAsync(HttpMethod.Put, $"discord/bots/{BotId}", new { is_revoked = true });
        await _simulator.ControlAsync(HttpMethod.Post, $"discord/bots/{BotId}/gateway", new { action = "close", code = 4004 });
        await Eventually.TrueAsync(
            async _ => (await api.GetAsync($"api/v1/connections/{connection}")).Text.Contains("unauthorized", StringComparison.Ordinal), Deadline, "the connection is disabled");
    }

    private Task<ApiProcess> StartAsync() => ApiProcess.StartAsync(new Dictionary<string, string?>(ApiProcess.Settings())
    {
        ["Storage__Path"] = Path.Combine(_folder, "chat.db"),
        ["Platforms__Discord__ApiBaseUrl"] = $"{_simulator.Url}/api/v10",
        ["Ai__Endpoint"] = $"{_simulator.Url}/v1",
        ["Ai__ApiKey"] = "sk-test",
        ["Ai__Model"] = "simulated",
        // Discord is listened to all the same: its webhook knows nothing of ordinary messages.
        ["PublicUrl"] = "https://chat.example",
    });

    private async Task<string> ConnectAsync(ApiProcess api)
    {
        // Known before its first call, so that its public key can be given.
        var bot = (await _simulator.ControlAsync(HttpMethod.Put, $"discord/bots/{BotId}", new { username = "helper" }))!;
        var id = (await api.PostAsync("api/v1/bots", new { name = "Helper", processing = new { quietPeriodMs = 0 } })).Ok().Id();
        var connection = (await api.PostAsync(
            $"api/v1/bots/{id}/connections",
            new { platform = "discord", displayName = "Discord", secrets = new { botToken = DiscordFixture.TokenOf(BotId), publicKey = bot["public_key"]!.ToString() } })).Ok();
        connection.Json.GetProperty("settings").GetProperty("applicationId").GetString().ShouldBe(BotId);
        await Eventually.TrueAsync(async _ => (await BotAsync())["connected"]!.GetValue<bool>(), Deadline, "the bot is connected");
        return connection.Id();
    }

    private Task<JsonNode?> SayAsync(string text) =>
        _simulator.ControlAsync(HttpMethod.Post, "discord/messages", new { bot_id = BotId, user_id = UserId, name = "Ada", text });

    private async Task<JsonNode> CommandAsync(string name, object options) =>
        (await _simulator.ControlAsync(HttpMethod.Post, "discord/commands", new { bot_id = BotId, user_id = UserId, name, options }))!;

    private Task AnsweredAsync(int number) => AnswerAsync(
        m => Content(m).Contains(string.Create(CultureInfo.InvariantCulture, $"number {number} here"), StringComparison.Ordinal), $"message {number} is answered");

    private Task AnswerAsync(Func<JsonNode, bool> matches, string because) => Eventually.TrueAsync(
        async _ => (await MessagesAsync()).Any(m => m!["author"]!["bot"]!.GetValue<bool>() && matches(m)), Deadline, because);

    private async Task<JsonArray> MessagesAsync() =>
        (await _simulator.ControlAsync(HttpMethod.Get, $"discord/messages?botId={BotId}&userId={UserId}"))!.AsArray();

    private async Task<JsonNode> BotAsync() =>
        (await _simulator.ControlAsync(HttpMethod.Get, "discord/bots"))!.AsArray().Single(b => b!["id"]!.ToString() == BotId)!;

    private static string Content(JsonNode message) => message["content"]!.ToString();
}
