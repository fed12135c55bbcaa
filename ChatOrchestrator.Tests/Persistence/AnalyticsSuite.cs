using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Persistence.Administration;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>The numbers say what is stored: every message once, whoever adds it up and however often.</summary>
public abstract class AnalyticsSuite(TestStore store) : RollUpSuite(store)
{
    [StoreFact]
    public async Task The_numbers_are_those_of_what_was_said_however_often_it_is_added_up()
    {
        var (bot, connection) = await NewBotAsync("telegram");
        var (ada, bob) = (await TestChat.OpenAsync(Inbox, connection: connection, bot: bot), await TestChat.OpenAsync(Inbox, connection: connection, bot: bot));
        await ConverseAsync(ada, 100, 20);
        await ConverseAsync(ada, 10, 2);
        await ConverseAsync(bob, 1, 0, failed: true);
        await bob.SayAsync("unanswered", MessageKind.Overheard);
        var conversations = new ConversationStore(Database, TimeProvider.System);
        await conversations.ChangeStateAsync(ada.Id, c => c.HandOff("Ada"), "taken_over", default);
        await conversations.ChangeStateAsync(ada.Id, c => c.HandOff("Ada"), "taken_over", default);
        var now = TimeProvider.System.GetUtcNow();
        await conversations.AddMessageAsync(Message.ByAgent(ada.Id, connection, "Ada", "hello", now), [], null, null, default);

        await CatchUpAsync();
        await CatchUpAsync();

        var n = await SumAsync(bot);
        (n.Inbound, n.ByBot, n.ByAgents, n.Answered, n.Failed, n.Handoffs).ShouldBe((4, 3, 1, 2, 1, 1));
        (n.InputTokens, n.OutputTokens, n.ActiveParticipants, n.Conversations).ShouldBe((111, 22, 2, 2));
        n.AnswerTimes.AverageMs!.Value.ShouldBeInRange(0, 60_000);
        n.AnswerTimes.P95Ms!.Value.ShouldBeGreaterThanOrEqualTo(n.AnswerTimes.P50Ms!.Value);
        (await SumAsync(bot, platform: "slack")).Inbound.ShouldBe(0);
        (await Analytics.SummarizeAsync(new AnalyticsFilter(new BotScope([BotId.New()]), ThisHour - 1, ThisHour + 2), default)).Inbound.ShouldBe(0);

        var points = await Analytics.SeriesAsync(Filter(bot), byDay: false, byBot: true, byPlatform: true, default);
        points.ShouldAllBe(p => p.Bot == bot && p.Platform == "telegram");
        (points.Sum(p => p.Numbers.Inbound), points.Sum(p => p.Numbers.InputTokens), points.Sum(p => p.Numbers.Handoffs)).ShouldBe((4, 111, 1));
        var day = (await Analytics.SeriesAsync(Filter(bot), byDay: true, byBot: false, byPlatform: false, default)).ToList();
        (day.Sum(p => p.Numbers.ByBot), day[0].Bot, day[0].Platform, day[0].Hour % 24).ShouldBe((3, null, null, 0));
        day.Max(p => p.Numbers.ActiveParticipants).ShouldBe(2);
    }

    [StoreFact]
    public async Task Several_processes_that_add_up_while_messages_come_in_count_each_once()
    {
        const int Chats = 6, Each = 40;
        var (bot, connection) = await NewBotAsync("slack");
        using var done = new CancellationTokenSource();
        var adding = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                await Analytics.RollUpAsync(7, default);
            }
        })).ToList();

        await Task.WhenAll(Enumerable.Range(0, Chats).Select(_ => Task.Run(async () =>
        {
            var chat = await TestChat.OpenAsync(Store.Another().Inbox, connection: connection, bot: bot);
            for (var i = 0; i < Each; i++)
            {
                await chat.SayAsync();
            }
        })));
        await done.CancelAsync();
        await Task.WhenAll(adding);
        await CatchUpAsync();

        var n = await SumAsync(bot);
        (n.Inbound, n.ActiveParticipants, n.Conversations).ShouldBe((Chats * Each, Chats, Chats));
    }

    [StoreFact]
    public async Task Who_is_active_on_several_days_counts_once_in_all_and_on_each_day()
    {
        var (bot, connection) = await NewBotAsync("discord");
        var (ada, bob) = (await TestChat.OpenAsync(Inbox, connection: connection, bot: bot), await TestChat.OpenAsync(Inbox, connection: connection, bot: bot));
        foreach (var chat in new[] { ada, ada, ada, bob })
        {
            await chat.SayAsync();
        }
        // Ada wrote 3 days ago, 2 days ago and today; Bob today.
        var ids = (await MessagesAsync(ada)).Select(m => m.Id).ToList();
        foreach (var (id, days) in new[] { (ids[0], 3), (ids[1], 2) })
        {
            var at = TimeProvider.System.GetUtcNow() - TimeSpan.FromDays(days);
            await ReadAsync(db => db.Messages.Where(m => m.Id == id).ExecuteUpdateAsync(set => set.SetProperty(m => m.CreatedAt, at)));
        }
        await CatchUpAsync();

        var n = await Analytics.SummarizeAsync(new AnalyticsFilter(BotScope.All, ThisHour - (5 * 24), ThisHour + 2, bot), default);
        (n.Inbound, n.ActiveParticipants).ShouldBe((4, 2));
        // From an hour that is in the middle of a day: its hours and the whole days behind it.
        (await Analytics.SummarizeAsync(new AnalyticsFilter(BotScope.All, ThisHour - (3 * 24), ThisHour - 24, bot), default)).ActiveParticipants.ShouldBe(1);
        var days3 = await Analytics.SeriesAsync(new AnalyticsFilter(BotScope.All, ThisHour - (5 * 24), ThisHour + 2, bot), byDay: true, byBot: false, byPlatform: false, default);
        days3.Select(p => p.Numbers.ActiveParticipants).ShouldBe([1, 1, 2]);
    }

    private async Task ConverseAsync(TestChat chat, int inputTokens, int outputTokens, bool failed = false)
    {
        var (_, asked) = await chat.SayAsync();
        var lane = await ClaimAsync(chat);
        var turn = TestChat.Turn(lane, asked) with { InputTokens = inputTokens, OutputTokens = outputTokens, State = failed ? TurnState.Failed : TurnState.Answered };
        await ReleaseAsync(lane, (await CommitAsync(failed ? turn with { InputTokens = inputTokens, OutputTokens = outputTokens } : turn)).AnswerSequence);
    }
}
