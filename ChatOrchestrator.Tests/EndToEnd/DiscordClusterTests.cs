using System.Text.Json.Nodes;
using ChatOrchestrator.Tests.Fixtures;
using ChatOrchestrator.Tests.Platforms.Discord;
using ChatOrchestrator.Tests.Simulator;
using Npgsql;

namespace ChatOrchestrator.Tests.EndToEnd;

/// <summary>One replica holds a connection's Gateway session; when it is killed another one resumes it.</summary>
public sealed class DiscordClusterTests(PostgresDatabase postgres, RedisDatabase redis) : IClassFixture<PostgresDatabase>, IClassFixture<RedisDatabase>
{
    private const string BotId = "110000000000000043";
    private const int People = 5;
    private const int Rounds = 6;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    [StoresFact]
    public async Task The_replica_that_listens_is_killed_and_every_message_is_answered_once_and_in_order()
    {
        await using var simulator = await SimulatorInstance.StartAsync(
            null, "--Simulator:Discord:MessagesPerFiveSeconds=0", "--Simulator:Discord:CallsPerSecond=0", "--Simulator:Discord:HeartbeatIntervalMs=1000");
        await using var cluster = await Cluster.StartAsync(
            postgres.ConnectionString, redis.Configuration, workers: 3, new Dictionary<string, string?> { ["Platforms__Discord__ApiBaseUrl"] = $"{simulator.Url}/api/v10" });
        await simulator.ControlAsync(HttpMethod.Put, $"discord/bots/{BotId}", new { username = "helper" });
        var bot = (await cluster.GetAsync("api/v1/bots")).GetProperty("items")[0].GetProperty("id").GetGuid();
        await cluster.PostAsync($"api/v1/bots/{bot}/connections", new { platform = "discord", displayName = "Discord", secrets = new { botToken = DiscordFixture.TokenOf(BotId) } });
        await Eventually.TrueAsync(async _ => (await BotAsync(simulator))["connected"]!.GetValue<bool>(), Deadline, "the bot is connected");
        // Discord resumes only what somebody knows of: a replica that dies before it has kept its session's id takes the session with it.
        await Eventually.TrueAsync(async _ => await IsSessionKeptAsync(), Deadline, "the session is kept");

        for (var round = 0; round < Rounds; round++)
        {
            for (var person = 0; person < People; person++)
            {
                await simulator.ControlAsync(HttpMethod.Post, "discord/messages", new { bot_id = BotId, user_id = UserId(person), text = $"Where is m{person}s{round}z?" });
            }
            if (round == 2)
            {
                var holder = await HolderAsync();
                await cluster.Workers.Single(w => holder.Contains($"-{w.Id}-", StringComparison.Ordinal)).KillAsync();
            }
        }
        for (var person = 0; person < People; person++)
        {
            await Eventually.TrueAsync(async _ => (await AnswersAsync(simulator, person)).Count >= Rounds, Deadline, $"person {person} is answered");
            (await AnswersAsync(simulator, person)).ShouldBe(Enumerable.Range(0, Rounds).Select(round => $"reply:m{person}s{round}z"));
        }
        (await BotAsync(simulator))["identifies"]!.GetValue<int>().ShouldBe(1);
    }

    private static string UserId(int person) => $"22000000000000010{person}";

    private async Task<string> HolderAsync()
    {
        await using var connection = new NpgsqlConnection(postgres.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            "SELECT l.owner FROM leases l JOIN connections c ON l.name = 'listen:' || c.id WHERE c.platform = 'discord'", connection);
        return ((string?)await command.ExecuteScalarAsync()).ShouldNotBeNull();
    }

    private async Task<bool> IsSessionKeptAsync()
    {
        await using var connection = new NpgsqlConnection(postgres.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT count(*) FROM listener_states WHERE state::text LIKE '%sessionId%'", connection);
        return (long)(await command.ExecuteScalarAsync())! == 1;
    }

    private static async Task<JsonNode> BotAsync(SimulatorInstance simulator) =>
        (await simulator.ControlAsync(HttpMethod.Get, "discord/bots"))!.AsArray().Single(b => b!["id"]!.ToString() == BotId)!;

    private static async Task<List<string>> AnswersAsync(SimulatorInstance simulator, int person) =>
        [.. (await simulator.ControlAsync(HttpMethod.Get, $"discord/messages?botId={BotId}&userId={UserId(person)}"))!.AsArray()
            .Where(m => m!["author"]!["bot"]!.GetValue<bool>()).Select(m => m!["content"]!.ToString())];
}
