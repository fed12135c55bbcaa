using System.Collections.Concurrent;
using System.Text.Json;
using ChatOrchestrator.Tests.EndToEnd;
using ChatOrchestrator.Tests.Fixtures;
using Npgsql;

namespace ChatOrchestrator.Tests.Notifications;

/// <summary>Several workers deliver what one outbox holds, and one of them is killed in the middle of it.</summary>
[Collection(RunsAlone.Name)]
public sealed class NotificationKillTests(PostgresDatabase postgres, RedisDatabase redis) : IClassFixture<PostgresDatabase>, IClassFixture<RedisDatabase>
{
    private const int Workers = 3, MaxPerRule = 4, Conversations = 8, AtOnce = 20;

    private static readonly string[] Paths = ["desk", "pager"];

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    [StoresFact]
    public async Task A_worker_that_is_killed_loses_no_notification_and_only_what_it_had_in_hand_comes_again()
    {
        await using var target = await WebhookTarget.StartAsync();
        var settings = new Dictionary<string, string?>
        {
            ["Outbound__AllowedNetworks__0"] = "127.0.0.2/32",
            ["Notifications__MaxPerRule"] = $"{MaxPerRule}",
            ["Notifications__PollMs"] = "50",
            // What is held here is given up by nobody.
            ["Notifications__TimeoutSeconds"] = "120",
        };
        await using var cluster = await Cluster.StartAsync(postgres.ConnectionString, redis.Configuration, Workers, settings);
        var bot = (await cluster.GetAsync("api/v1/bots")).GetProperty("items").EnumerateArray().Single(b => b.GetProperty("name").GetString() == "Test bot").GetProperty("id").GetGuid();
        var rules = new Dictionary<string, string>();
        foreach (var path in Paths)
        {
            var rule = new { channel = "webhook", events = new[] { "handoff_requested", "conversation_ended" }, settings = new { url = target.Url(path) } };
            rules[path] = $"api/v1/bots/{bot}/notification-rules/{(await cluster.PostAsync($"api/v1/bots/{bot}/notification-rules", rule)).GetProperty("id").GetString()}";
        }
        var (held, broken) = (new ConcurrentDictionary<(string Path, string Id), byte>(), new ConcurrentBag<(string Path, string Id)>());
        var (arrived, release) = (0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        target.Hold = async (received, aborted) =>
        {
            if (Interlocked.Increment(ref arrived) <= AtOnce)
            {
                return;
            }
            var key = (received.Path, received.Headers["webhook-id"]);
            held[key] = 0;
            try
            {
                await release.Task.WaitAsync(aborted);
            }
            catch (OperationCanceledException)
            {
                broken.Add(key);
            }
        };

        var expected = await HappenAsync(cluster);
        await Eventually.TrueAsync(() => held.Count == Workers * Paths.Length * MaxPerRule, Deadline, "all workers have their hands full");
        await Eventually.TrueAsync(async _ => await CountAsync(cluster, rules, "delivered") == AtOnce, Deadline, "what was answered is settled");
        await cluster.Workers[0].KillAsync();
        await Eventually.TrueAsync(() => broken.Count == Paths.Length * MaxPerRule, Deadline, "the dead worker's requests broke off");
        release.SetResult();
        await Eventually.TrueAsync(async _ => await CountAsync(cluster, rules, "pending") == broken.Count, Deadline, "the others deliver all but what the dead one had in hand");
        await EndLeasesAsync(cluster);
        await Eventually.TrueAsync(async _ => await CountAsync(cluster, rules, "delivered") == expected * Paths.Length, Deadline, "they take over what it had in hand");

        foreach (var (path, rule) in rules)
        {
            var told = (await DeliveriesAsync(cluster, rule, "delivered")).Select(d => d.GetProperty("eventId").GetString()!).ToList();
            told.Count.ShouldBe(expected);
            var times = target.Of(path).GroupBy(r => r.Headers["webhook-id"]).ToDictionary(g => g.Key, g => g.ToList());
            times.Keys.Order().ShouldBe(told.Order(), "none is lost, and none is made up");
            times.Where(t => t.Value.Count > 1).Select(t => t.Key).Order().ShouldBe(broken.Where(b => b.Path == path).Select(b => b.Id).Order(), "only what was in flight comes again");
            times.Values.ShouldAllBe(t => t.Count <= 2);
            times.ShouldAllBe(t => t.Value.All(r => JsonDocument.Parse(r.Body, default).RootElement.GetProperty("id").GetString() == t.Key));
        }
    }

    /// <summary>Conversations are taken over, given back and ended.</summary>
    /// <returns>How many events that were.</returns>
    private static async Task<int> HappenAsync(Cluster cluster)
    {
        await Task.WhenAll(Enumerable.Range(0, Conversations).Select(n => cluster.DeliverAsync(new Update(9_700_000 + n, 0))));
        var conversations = (await cluster.GetAsync("api/v1/conversations")).GetProperty("items").EnumerateArray().Select(c => c.GetProperty("id").GetGuid()).ToList();
        conversations.Count.ShouldBe(Conversations);
        foreach (var conversation in conversations)
        {
            for (var i = 0; i < 3; i++)
            {
                await cluster.PostAsync($"api/v1/conversations/{conversation}/handoff", new { agent = "Ada" });
                await cluster.PostAsync($"api/v1/conversations/{conversation}/resume", new { });
            }
            await cluster.PostAsync($"api/v1/conversations/{conversation}/end", new { });
        }
        return conversations.Count * 4;
    }

    /// <summary>What is still leased belongs to nobody who lives: its time passes at once.</summary>
    private static async Task EndLeasesAsync(Cluster cluster)
    {
        await using var connection = new NpgsqlConnection(cluster.PostgresConnection);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("UPDATE notifications SET due_at = now() WHERE due_at IS NOT NULL", connection);
        (await command.ExecuteNonQueryAsync()).ShouldBe(Paths.Length * MaxPerRule);
    }

    private static async Task<int> CountAsync(Cluster cluster, Dictionary<string, string> rules, string state)
    {
        var count = 0;
        foreach (var rule in rules.Values)
        {
            count += (await DeliveriesAsync(cluster, rule, state)).Length;
        }
        return count;
    }

    private static async Task<JsonElement[]> DeliveriesAsync(Cluster cluster, string rule, string state) =>
        [.. (await cluster.GetAsync($"{rule}/deliveries?state={state}&limit=100")).GetProperty("items").EnumerateArray()];
}
