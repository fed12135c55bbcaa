using System.Globalization;
using ChatOrchestrator.Tests.EndToEnd.Crowds;
using ChatOrchestrator.Tests.Fixtures;
using Xunit.Abstractions;

namespace ChatOrchestrator.Tests.EndToEnd;

/// <summary>
/// The engine's promises (ADR 0009) on every platform, with real processes: people write all at once, what they write comes
/// in another order and more than once, the worker that answers them is killed, and so is the one that listens.
/// </summary>
[Trait("Category", "Faults")]
public sealed class PlatformKillTests(PlatformStage stage, ITestOutputHelper output) : IClassFixture<PlatformStage>
{
    internal static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    private const int People = 6;
    private const int RoundsBeforeKill = 4;
    private const int MaxRounds = 60;

    [StoresTheory]
    [InlineData("telegram")]
    [InlineData("telegram, polled")]
    [InlineData("messenger")]
    [InlineData("whatsapp")]
    [InlineData("slack")]
    [InlineData("slack, Socket Mode")]
    [InlineData("discord")]
    [InlineData("webchat")]
    public async Task Everything_acknowledged_is_answered_once_and_in_order_though_workers_are_killed(string which)
    {
        Crowd crowd = which switch
        {
            "telegram" => new TelegramCrowd(777_000_101, polls: false),
            "telegram, polled" => new TelegramCrowd(777_000_102, polls: true),
            "slack" => new SlackCrowd(isSocket: false),
            "slack, Socket Mode" => new SlackCrowd(isSocket: true),
            "discord" => new DiscordCrowd(),
            "webchat" => new WebChatCrowd(),
            _ => new MetaCrowd(which),
        };
        var cluster = await stage.ClusterAsync(isReachable: which != "telegram, polled");
        await crowd.ConnectAsync(cluster, stage.Simulator);
        if (crowd.IsListenedTo)
        {
            await Eventually.TrueAsync(async _ => await PlatformStage.ListenerAsync(cluster, crowd.Connection) is not null, Deadline, "a worker listens");
        }
        var rounds = 0;
        await SayAsync(crowd, rounds++);
        await AnsweredAsync(crowd, rounds);

        // Two messages of each chat change places on their way.
        for (var person = 0; person < People; person++)
        {
            await crowd.HoldAsync(person);
        }
        await SayAsync(crowd, rounds++);
        await SayAsync(crowd, rounds++);
        for (var person = 0; person < People; person++)
        {
            await crowd.ReleaseAsync(person);
        }

        await AnsweredAsync(crowd, rounds);

        // The worker that answers is killed, under more messages, with an answer in its hands that is shown already.
        var hangs = await crowd.HangAsync(person: 0);
        int? victim = null;
        for (var more = 0; victim is null || more < RoundsBeforeKill; more++)
        {
            rounds.ShouldBeLessThan(MaxRounds, "nobody is ever busy with a lane");
            await SayAsync(crowd, rounds++);
            if (more == 0 && hangs)
            {
                await Eventually.TrueAsync(async _ => (await crowd.AnswersAsync(0)).Count == rounds, Deadline, "the answer is shown");
            }
            victim = await PlatformStage.LaneHolderAsync(cluster, crowd.Connection, Text(0, 0));
        }
        var kills = 1;
        var wasListener = crowd.IsListenedTo && await PlatformStage.ListenerAsync(cluster, crowd.Connection) == victim;
        await cluster.Workers[victim.Value].KillAsync();
        await SayAsync(crowd, rounds++);
        await cluster.ReplaceWorkerAsync(victim.Value);
        if (crowd.IsListenedTo && !wasListener)
        {
            await SayAsync(crowd, rounds++);
            var listener = (await PlatformStage.ListenerAsync(cluster, crowd.Connection)).ShouldNotBeNull();
            await cluster.Workers[listener].KillAsync();
            kills++;
            await SayAsync(crowd, rounds++);
            await cluster.ReplaceWorkerAsync(listener);
        }
        await AnsweredAsync(crowd, rounds);

        // Everybody's last message comes again.
        var before = await PlatformStage.RedeliveredAsync(cluster, crowd.Platform);
        await crowd.RedeliverAsync(People, () => SayAsync(crowd, rounds++));
        await Eventually.TrueAsync(
            async _ => await PlatformStage.RedeliveredAsync(cluster, crowd.Platform) >= before + People, Deadline, "what came again was recognised");
        await SayAsync(crowd, rounds++);
        await AnsweredAsync(crowd, rounds);
        await Eventually.TrueAsync(async _ => await PlatformStage.IsAtRestAsync(cluster, crowd.Connection), Deadline, "everything has come to rest");

        await JudgeAsync(crowd, cluster, rounds, kills);
        if (crowd is DiscordCrowd discord)
        {
            (await discord.IdentifiesAsync()).ShouldBe(1, "whoever listens next resumes the session");
        }
    }

    private async Task JudgeAsync(Crowd crowd, Cluster cluster, int rounds, int kills)
    {
        var stored = await PlatformStage.StoredAsync(cluster, crowd.Connection);
        stored.Count.ShouldBe(People);
        var reordered = 0;
        var shownTwice = 0;
        for (var person = 0; person < People; person++)
        {
            var said = Enumerable.Range(0, rounds).Select(round => Text(person, round)).ToList();
            var questions = stored.Values.Single(texts => texts.Contains(said[0]));
            questions.Order().ShouldBe(said.Order(), $"every message of person {person} is stored, and once");
            reordered += questions.SequenceEqual(said) ? 0 : 1;
            // An answer that was in flight at a kill is sent again before anything else is.
            var seen = new List<string>();
            var twice = 0;
            foreach (var answer in await crowd.AnswersAsync(person))
            {
                if (seen.Count > 0 && seen[^1] == answer)
                {
                    twice++;
                }
                else
                {
                    seen.Add(answer);
                }
            }
            seen.ShouldBe(questions.Select(Answer), $"person {person} is answered once and in order");
            twice.ShouldBeLessThanOrEqualTo(crowd.MayShowTwice ? kills : 0, $"person {person} sees an answer twice only if it was in flight at a kill");
            shownTwice += twice;
        }
        (shownTwice > 0).ShouldBe(crowd.MayShowTwice, "an answer was in flight at the kill");
        (reordered > 0).ShouldBe(crowd.Reorders, "messages changed places on their way");
        output.WriteLine($"{crowd.Platform}: {People * rounds} messages, {kills} kills, {reordered} chats reordered, {shownTwice} answers shown twice");
    }

    private static async Task SayAsync(Crowd crowd, int round)
    {
        for (var person = 0; person < People; person++)
        {
            await crowd.SayAsync(person, Text(person, round));
        }
    }

    private static async Task AnsweredAsync(Crowd crowd, int rounds)
    {
        for (var person = 0; person < People; person++)
        {
            await Eventually.TrueAsync(
                async _ => (await crowd.AnswersAsync(person)).Distinct().Count() >= rounds, Deadline, $"{crowd.Platform}: person {person} has {rounds} answers");
        }
    }

    private static string Text(int person, int round) => string.Create(CultureInfo.InvariantCulture, $"Where is m{person}s{round}z?");

    /// <seealso cref="FakeBackend"/>
    private static string Answer(string text) => string.Concat("reply:", text.AsSpan("Where is ".Length, text.Length - "Where is ?".Length));
}
