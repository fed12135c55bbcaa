using ChatOrchestrator.Tests.Fixtures;

namespace ChatOrchestrator.Tests.EndToEnd;

/// <summary>A budget as it holds across processes.</summary>
[Collection(RunsAlone.Name)]
public sealed class BudgetTests(PostgresDatabase postgres, RedisDatabase redis) : IClassFixture<PostgresDatabase>, IClassFixture<RedisDatabase>
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    /// <summary>The backend counts 40 tokens in and 3 out: a fraction over 6.45 million billionths, which counts as one more.</summary>
    private const string InputPrice = "150.000000006", OutputPrice = "150";

    private const decimal PerAnswer = 0.006_450_001m;

    [StoresFact]
    public async Task Sixty_four_turns_at_once_on_three_workers_spend_what_the_model_counted_to_the_smallest_unit_and_never_more_than_the_limit()
    {
        const int chats = 64;
        const decimal limit = 0.7m;
        var settings = new Dictionary<string, string?> { ["Ai__Models__fake__InputPrice"] = InputPrice, ["Ai__Models__fake__OutputPrice"] = OutputPrice };
        var bot = new Dictionary<string, object>
        {
            ["processing"] = new { quietPeriodMs = 0, budgets = new { costPerDay = limit, reserveOutputTokens = 20, notice = "Enough for today." } },
        };
        await using var cluster = await Cluster.StartAsync(postgres.ConnectionString, redis.Configuration, workers: 3, settings, bot);
        var running = 0;
        var together = new TaskCompletionSource();
        cluster.Backend.ModelFault = async (http, _) =>
        {
            Interlocked.Increment(ref running);
            await together.Task.WaitAsync(http.RequestAborted);
            return false;
        };

        await AskAsync(cluster, chats, 0);
        await Eventually.TrueAsync(() => Volatile.Read(ref running) == chats, Deadline, "all are with the model at once");
        var (spent, reserved) = await BudgetAsync(cluster);
        (spent, reserved).ShouldSatisfyAllConditions(() => spent.ShouldBe(0), () => reserved.ShouldBeInRange(chats * PerAnswer, limit));
        together.SetResult();
        await Eventually.TrueAsync(() => Answered(cluster) == chats, Deadline, "all are answered");

        // What is left bears some of the next ones only.
        await AskAsync(cluster, chats, 1);
        await Eventually.TrueAsync(() => Answered(cluster) + Refused(cluster) == 2 * chats, Deadline, "every question has its answer or the notice");

        await Eventually.TrueAsync(async _ => (await BudgetAsync(cluster)).Reserved == 0, Deadline, "nothing is set aside any more");
        Answered(cluster).ShouldBe(cluster.Backend.Asked);
        (await BudgetAsync(cluster)).ShouldBe((Answered(cluster) * PerAnswer, 0m));
        Answered(cluster).ShouldBeInRange(chats + 1, (int)(limit / PerAnswer));
        Refused(cluster).ShouldBeGreaterThan(0);
    }

    private static Task AskAsync(Cluster cluster, int chats, int round) =>
        Task.WhenAll(Enumerable.Range(0, chats).Select(n => cluster.DeliverAsync(new Update(9_600_000 + n, round))));

    private static int Answered(Cluster cluster) => Texts(cluster).Count(t => t.StartsWith("reply:", StringComparison.Ordinal));

    private static int Refused(Cluster cluster) => Texts(cluster).Count(t => t == "Enough for today.");

    private static IEnumerable<string> Texts(Cluster cluster) => Enumerable.Range(0, 64).SelectMany(n => cluster.Backend.Chat(9_600_000 + n).ToArray());

    private static async Task<(decimal Spent, decimal Reserved)> BudgetAsync(Cluster cluster)
    {
        var bots = (await cluster.GetAsync("api/v1/bots")).GetProperty("items");
        var id = bots.EnumerateArray().Single(b => b.GetProperty("name").GetString() == "Test bot").GetProperty("id").GetGuid();
        var budget = await cluster.GetAsync($"api/v1/bots/{id}/budget");
        return (budget.GetProperty("cost").GetDecimal(), budget.GetProperty("reservedCost").GetDecimal());
    }
}
