using System.Globalization;
using System.Text;
using ChatOrchestrator.Tests.Fixtures;
using Xunit.Abstractions;

namespace ChatOrchestrator.Tests.Faults;

/// <summary>
/// The engine's promises (ADR 0009) while processes, stores, the model and the platform fail. <c>make chaos</c> runs the
/// last test for minutes.
/// </summary>
[Collection(RunsAlone.Name)]
[Trait("Category", "Faults")]
public sealed class FaultTests(FaultTests.Fixture fixture, ITestOutputHelper output) : IClassFixture<FaultTests.Fixture>
{
    private const int DefaultSeed = 20261124;

    public static TheoryData<FaultKind> EveryKind => [.. FaultKinds.All.Where(kind => kind != FaultKind.PlatformHangs)];

    [StoresTheory(OwnServers = true)]
    [MemberData(nameof(EveryKind))]
    public async Task Nothing_is_lost_or_out_of_order_when(FaultKind fault)
    {
        var verdict = await (await fixture.CampaignAsync()).RoundAsync([fault], new Random(DefaultSeed));

        output.WriteLine(verdict.ToString());
        verdict.Violations.ShouldBeEmpty();
        (verdict.Answered + verdict.DeadLetters).ShouldBe(verdict.Acknowledged);
        (verdict.DeadLetters > 0).ShouldBe(fault == FaultKind.UserBlocks);
        if (fault is FaultKind.WorkerStopped or FaultKind.PlatformBreaks)
        {
            (verdict.RepeatedByInterruption + verdict.RepeatedAfterSilence).ShouldBeGreaterThan(0, "the fault must have done something");
        }
        else if (!FaultKinds.OfProcesses.Contains(fault))
        {
            (verdict.RepeatedByInterruption + verdict.RepeatedAfterSilence).ShouldBe(0, "nothing was ended and everything was answered");
        }
    }

    /// <summary>
    /// Rounds of random faults until the time is over (<c>CHAOS_MINUTES</c>; unset: one round), from a fixed seed
    /// (<c>CHAOS_SEED</c>), of all kinds or of those that <c>CHAOS_FAULTS</c> names. Every other round only processes and stores fail, so that the slowest answer after a kill is not
    /// that of a model that hangs.
    /// </summary>
    [StoresFact(OwnServers = true)]
    public async Task Nothing_is_lost_or_out_of_order_when_anything_fails_at_random_moments()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("CHAOS_SEED"), CultureInfo.InvariantCulture, out var given) ? given : DefaultSeed;
        var minutes = double.TryParse(Environment.GetEnvironmentVariable("CHAOS_MINUTES"), CultureInfo.InvariantCulture, out var wanted) ? wanted : 0;
        var random = new Random(seed);
        await using var own = minutes > 0 ? await Campaign.StartAsync() : null;
        var campaign = own ?? await fixture.CampaignAsync();
        campaign.Injected.Clear();
        var began = TimeProvider.System.GetTimestamp();
        var (total, slowest, rounds) = (Verdict.None, TimeSpan.Zero, 0);
        try
        {
            do
            {
                var calm = minutes > 0 && rounds % 2 == 0;
                var kinds = Environment.GetEnvironmentVariable("CHAOS_FAULTS") is { Length: > 0 } named ? [.. named.Split(',').Select(Enum.Parse<FaultKind>)] : calm ? FaultKinds.OfProcesses : [.. FaultKinds.All.Where(kind => minutes > 0 || kind != FaultKind.PlatformHangs)];
                var verdict = await campaign.RoundAsync(Enumerable.Range(0, minutes > 0 ? 4 : 3).Select(_ => kinds[random.Next(kinds.Count)]).ToList(), random);
                slowest = calm && verdict.SlowestAfterKill > slowest ? verdict.SlowestAfterKill : slowest;
                total = total.And(verdict);
                rounds++;
            }
            while (TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromMinutes(minutes) && total.Violations.Count == 0);
        }
        finally
        {
            output.WriteLine(Table(campaign, total, rounds, seed, minutes > 0 ? slowest : total.SlowestAfterKill));
        }
        total.Violations.ShouldBeEmpty($"seed {seed}:\n{string.Join('\n', total.Violations)}");
        total.Acknowledged.ShouldBeGreaterThan(0);
        (total.Answered + total.DeadLetters).ShouldBe(total.Acknowledged);
    }

    private static string Table(Campaign campaign, Verdict verdict, int rounds, int seed, TimeSpan slowest)
    {
        var table = new StringBuilder();
        table.AppendLine(CultureInfo.InvariantCulture, $"Fault campaign, seed {seed}: {rounds} rounds of {Campaign.Chats} chats at {Campaign.PerSecond}/s");
        foreach (var (kind, times) in campaign.Injected)
        {
            Row($"  {kind}", times);
        }
        Row("faults injected", campaign.Injected.Values.Sum());
        Row("messages acknowledged", verdict.Acknowledged);
        Row("answered", verdict.Answered);
        Row("dead letters (blocked, or given up)", verdict.DeadLetters);
        Row("lost", verdict.Lost);
        Row("out of order", verdict.OutOfOrder);
        Row("duplicated, in flight at a kill or outage", verdict.RepeatedByInterruption);
        Row("duplicated, accepted in silence", verdict.RepeatedAfterSilence);
        Row("duplicated for no reason", verdict.RepeatedWithoutReason);
        table.Append(CultureInfo.InvariantCulture, $"{"slowest answer after a kill",-42}{slowest.TotalSeconds,8:F1} s");
        return table.ToString();

        void Row(string name, int number) => table.AppendLine(CultureInfo.InvariantCulture, $"{name,-42}{number,8}");
    }

    /// <summary>One campaign for all tests of the class, started by the first that is not skipped.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        private readonly Lazy<Task<Campaign>> _campaign = new(Campaign.StartAsync);

        public Task<Campaign> CampaignAsync() => _campaign.Value;

        public Task InitializeAsync() => Task.CompletedTask;

        public async Task DisposeAsync()
        {
            if (_campaign.IsValueCreated)
            {
                await (await _campaign.Value).DisposeAsync();
            }
        }
    }
}
