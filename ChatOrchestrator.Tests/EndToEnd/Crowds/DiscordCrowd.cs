using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChatOrchestrator.Tests.Fixtures;
using ChatOrchestrator.Tests.Platforms.Discord;

namespace ChatOrchestrator.Tests.EndToEnd.Crowds;

internal sealed class DiscordCrowd : Crowd
{
    private const string BotId = "110000000000000044";

    private readonly Dictionary<int, string> _channels = [];

    public override string Platform => "discord";

    public override bool IsListenedTo => true;

    public override async Task SayAsync(int person, string text) =>
        _channels[person] = (await ControlAsync(HttpMethod.Post, "discord/messages", new { bot_id = BotId, user_id = Id(person), text }))!["channel_id"]!.ToString();

    public override async Task<IReadOnlyList<string>> AnswersAsync(int person) =>
        [.. (await ControlAsync(HttpMethod.Get, $"discord/messages?botId={BotId}&userId={Id(person)}"))!.AsArray()
            .Where(m => m!["author"]!["bot"]!.GetValue<bool>()).Select(m => m!["content"]!.ToString())];

    public override async Task<bool> HangAsync(int person)
    {
        await ControlAsync(HttpMethod.Post, "discord/faults", new { kind = "hang_after_accept", path = $"/channels/{_channels[person]}/messages" });
        return true;
    }

    public override Task HoldAsync(int person) => GatewayAsync(new { action = "hold" });

    public override Task ReleaseAsync(int person) => GatewayAsync(new { action = "release", reverse = true });

    /// <summary>The bot's own messages are dispatches, too: some more are repeated.</summary>
    public override async Task RedeliverAsync(int people, Func<Task> says)
    {
        await says();
        await GatewayAsync(new { action = "repeat", last = 4 * people });
    }

    /// <summary>How many sessions were opened: one, however many workers listened.</summary>
    public async Task<int> IdentifiesAsync() => (await StateAsync()).GetProperty("identifies").GetInt32();

    protected override object Body() => new { secrets = new { botToken = DiscordFixture.TokenOf(BotId) } };

    protected override Task PrepareAsync() => ControlAsync(HttpMethod.Put, $"discord/bots/{BotId}", new { username = "helper" });

    /// <summary>A platform that does not know that it is listened to has nobody to tell.</summary>
    protected override Task IntroduceAsync(JsonElement connection) =>
        Eventually.TrueAsync(async _ => (await StateAsync()).GetProperty("connected").GetBoolean(), PlatformKillTests.Deadline, "the bot is connected");

    private Task<JsonNode?> GatewayAsync(object disturbance) => ControlAsync(HttpMethod.Post, $"discord/bots/{BotId}/gateway", disturbance);

    private async Task<JsonElement> StateAsync() =>
        JsonSerializer.SerializeToElement((await ControlAsync(HttpMethod.Get, "discord/bots"))!.AsArray().Single(b => b!["id"]!.ToString() == BotId));

    private static string Id(int person) => string.Create(CultureInfo.InvariantCulture, $"2200000000000002{person:D2}");
}
