using System.Globalization;
using System.Text.RegularExpressions;
using ChatOrchestrator.Tests.Faults;
using ChatOrchestrator.Tests.Fixtures;

namespace ChatOrchestrator.Tests.EndToEnd;

/// <summary>A new version is rolled out: every process is replaced while messages come in.</summary>
[Collection(RunsAlone.Name)]
public sealed partial class RollingRestartTests(PostgresDatabase postgres, RedisDatabase redis) : IClassFixture<PostgresDatabase>, IClassFixture<RedisDatabase>
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan BetweenQuestions = TimeSpan.FromMilliseconds(400);

    [StoresFact]
    public async Task Every_process_is_replaced_under_load_and_nothing_is_refused_lost_repeated_or_taken_over()
    {
        var settings = new Dictionary<string, string?> { ["Shutdown__DelaySeconds"] = "2" };
        await using var cluster = await Cluster.StartAsync(postgres.ConnectionString, redis.Configuration, workers: 2, settings);
        // So that there are turns in hand at every moment.
        cluster.Backend.ModelDelay = TimeSpan.FromMilliseconds(200);
        var ledger = new Ledger(TimeProvider.System);
        cluster.Backend.Arrived = ledger.Arrive;
        await using var balancer = new Balancer();
        List<ServiceProcess> apis = [cluster.Api, await cluster.StartAnotherApiAsync()];
        try
        {
            await Task.WhenAll(apis.Select(api => balancer.AddAsync(api, Deadline)));
            using var done = new CancellationTokenSource();
            var load = Task.WhenAll(Enumerable.Range(0, 30).Select(i => AskAsync(cluster, balancer, ledger, 8_000_000 + i, done.Token)));
            await Eventually.TrueAsync(() => cluster.Backend.Delivered > 50, Deadline, "the run is well under way");

            foreach (var old in apis.ToArray())
            {
                var young = await cluster.StartAnotherApiAsync();
                apis.Add(young);
                await balancer.AddAsync(young, Deadline);
                var stopping = old.StopAsync();
                await Eventually.TrueAsync(() => !balancer.IsReady(old), Deadline, "the old one says that it is not ready");
                stopping.IsCompleted.ShouldBeFalse("it says so before it closes its listener");
                (await stopping).ShouldBe(0, old.Output);
                balancer.Remove(old);
            }
            var takenOver = 0L;
            foreach (var old in cluster.Workers.ToArray())
            {
                await cluster.AddWorkerAsync();
                takenOver += await TakeoversAsync(old);
                (await old.StopAsync()).ShouldBe(0, old.Output);
            }
            var delivered = cluster.Backend.Delivered;
            await Eventually.TrueAsync(() => cluster.Backend.Delivered > delivered + 50, Deadline, "the new ones have the load");
            await done.CancelAsync();
            await load;
            await Eventually.TrueAsync(() => Verdict.Of(ledger, new HashSet<Question>()).Lost == 0, Deadline, "every question is answered");

            balancer.Refused.ShouldBeEmpty();
            var verdict = Verdict.Of(ledger, new HashSet<Question>());
            verdict.Violations.ShouldBeEmpty();
            verdict.Acknowledged.ShouldBeGreaterThan(100);
            verdict.Answered.ShouldBe(verdict.Acknowledged);
            foreach (var worker in cluster.Workers.TakeLast(2))
            {
                takenOver += await TakeoversAsync(worker);
            }
            takenOver.ShouldBe(0, "a worker that stops gives its lanes back");
        }
        finally
        {
            foreach (var api in apis)
            {
                await api.DisposeAsync();
            }
        }
    }

    /// <summary>One question after the other, each until it is acknowledged: a refusal is noted by the balancer.</summary>
    private static async Task AskAsync(Cluster cluster, Balancer balancer, Ledger ledger, long chat, CancellationToken done)
    {
        using var timer = new PeriodicTimer(BetweenQuestions);
        for (var n = 0; !done.IsCancellationRequested; n++)
        {
            var (question, update) = (new Question(chat, n), new Update(chat, n));
            ledger.Ask(question);
            while (!await balancer.PostAsync(api => cluster.Webhook(api, update)))
            {
                await timer.WaitForNextTickAsync(CancellationToken.None);
            }
            ledger.Acknowledge(question);
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    private static async Task<long> TakeoversAsync(ServiceProcess worker)
    {
        var metrics = await worker.Client.GetStringAsync(new Uri("metrics", UriKind.Relative));
        return long.Parse(Takeovers().Match(metrics).Groups[1].ValueSpan, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"^chat_lanes_takeovers_total(?:\{[^}]*\})? (\d+)", RegexOptions.Multiline)]
    private static partial Regex Takeovers();
}
