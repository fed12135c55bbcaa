using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Messages;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>What was understood counts as what it says, with the message it belongs to: however late, however often it is judged anew.</summary>
public abstract class InsightAnalyticsSuite(TestStore store) : RollUpSuite(store)
{
    [StoreFact]
    public async Task What_is_understood_counts_once_in_the_hour_of_its_message_however_late_it_comes()
    {
        var (bot, connection) = await NewBotAsync("telegram");
        var chat = await TestChat.OpenAsync(Inbox, connection: connection, bot: bot);
        var before = TimeProvider.System.GetUtcNow() - TimeSpan.FromDays(2);
        Message[] said = [await SayAsync(chat), await SayAsync(chat), await SayAsync(chat), await SayAsync(chat)];
        await CatchUpAsync();
        await JudgeAsync(bot, said[0], -0.5, "refund", Urgency.High);
        await JudgeAsync(bot, said[1], 0.75, "refund", Urgency.Low);
        await JudgeAsync(bot, said[2], 0.1, null, Urgency.Normal);
        await JudgeAsync(bot, said[3], 1, "refund", Urgency.Low, before);

        await CatchUpAsync();
        await CatchUpAsync();

        (await IntentsAsync(bot)).ShouldBe([new("refund", 2, 1, 0, 1, 250, 1, 0, 1), new(IntentNumbers.None, 1, 0, 1, 0, 100, 0, 1, 0)]);
        (await IntentsAsync(bot, platform: "slack")).ShouldBeEmpty();
        (await Analytics.SummarizeAsync(new AnalyticsFilter(new BotScope([BotId.New()]), ThisHour - 1, ThisHour + 2), default)).Intents.ShouldBeEmpty();
        var wide = new AnalyticsFilter(BotScope.All, ThisHour - (5 * 24), ThisHour + 3, bot);
        (await Analytics.SummarizeAsync(wide, default)).Intents[0].ShouldBe(new("refund", 3, 1, 0, 2, 1250, 2, 0, 1));
        var days = await Analytics.SeriesAsync(wide, byDay: true, byBot: false, byPlatform: false, default);
        (days[0].Hour / 24, days[0].Bot, days[0].Numbers.Intents.Single().Messages).ShouldBe(((int)(before - DateTimeOffset.UnixEpoch).TotalDays, null, 1));
        days.Skip(1).Sum(d => d.Numbers.Intents.Sum(i => i.Messages)).ShouldBe(3);
        var hours = await Analytics.SeriesAsync(wide, byDay: false, byBot: true, byPlatform: true, default);
        hours.ShouldAllBe(p => p.Bot == bot && p.Platform == "telegram");
        hours.Sum(p => p.Numbers.Intents.Sum(i => i.Messages)).ShouldBe(4);
    }

    [StoreFact]
    public async Task What_is_judged_anew_counts_as_what_it_says_now_and_what_is_deleted_stays_counted()
    {
        var (bot, connection) = await NewBotAsync("slack");
        var chat = await TestChat.OpenAsync(Inbox, connection: connection, bot: bot);
        var (changed, kept) = (await SayAsync(chat), await SayAsync(chat));
        await JudgeAsync(bot, changed, -0.7, "refund", Urgency.High);
        await JudgeAsync(bot, kept, 0.333, "praise", Urgency.Low);
        await CatchUpAsync();

        await ChangeAsync(changed.Id, 0.333, "praise", Urgency.Normal);
        await CatchUpAsync();

        (await IntentsAsync(bot)).ShouldBe([new("praise", 2, 0, 0, 2, 666, 1, 1, 0)]);

        await ChangeAsync(changed.Id, 0.333, null, Urgency.Normal);
        await CatchUpAsync();
        await CatchUpAsync();
        (await Store.Erasures.EraseAsync(chat.Participant, new Actor("owner"), default)).ShouldNotBeNull();
        await CatchUpAsync();

        (await ReadAsync(db => db.Insights.CountAsync(i => i.ConversationId == chat.Id))).ShouldBe(0);
        (await IntentsAsync(bot)).ShouldBe([new(IntentNumbers.None, 1, 0, 0, 1, 333, 0, 1, 0), new("praise", 1, 0, 0, 1, 333, 1, 0, 0)]);
    }

    [StoreFact]
    public async Task What_an_operator_puts_again_is_not_counted_again()
    {
        var (bot, connection) = await NewBotAsync("messenger");
        var chat = await TestChat.OpenAsync(Inbox, connection: connection, bot: bot);
        var (first, again) = (await SayAsync(chat), await SayAsync(chat));
        await ReadAsync(db => db.Messages.Where(m => m.Id == again.Id).ExecuteUpdateAsync(set => set.SetProperty(m => m.ReplayOf, first.Id)));
        await JudgeAsync(bot, first, 0, null, Urgency.Normal);
        await JudgeAsync(bot, again, 0, null, Urgency.Normal);

        await CatchUpAsync();

        (await IntentsAsync(bot)).ShouldHaveSingleItem().Messages.ShouldBe(1);
    }

    [StoreFact]
    public async Task Several_processes_that_add_up_while_insights_come_and_change_count_each_as_it_is_in_the_end()
    {
        const int Chats = 3, Each = 30;
        var (bot, connection) = await NewBotAsync("discord");
        using var done = new CancellationTokenSource();
        var adding = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                await Analytics.RollUpAsync(7, default);
            }
        })).ToList();

        await Task.WhenAll(Enumerable.Range(0, Chats).Select(c => Task.Run(async () =>
        {
            var chat = await TestChat.OpenAsync(Inbox, connection: connection, bot: bot);
            for (var i = 0; i < Each; i++)
            {
                var message = await SayAsync(chat);
                await JudgeAsync(bot, message, -0.5, "refund", Urgency.High);
                if (i % 2 == 0)
                {
                    await ChangeAsync(message.Id, 0.5, "praise", Urgency.Low);
                }
            }
        })));
        await done.CancelAsync();
        await Task.WhenAll(adding);
        await CatchUpAsync();

        const int Half = Chats * Each / 2;
        (await IntentsAsync(bot)).ShouldBe([new("praise", Half, 0, 0, Half, 500 * Half, Half, 0, 0), new("refund", Half, Half, 0, 0, -500 * Half, 0, 0, Half)]);
    }

    private protected async Task<IReadOnlyList<IntentNumbers>> IntentsAsync(BotId bot, string? platform = null) => (await SumAsync(bot, platform)).Intents;

    private protected async Task<Message> SayAsync(TestChat chat)
    {
        var (said, _) = await chat.SayAsync();
        return await ReadAsync(db => db.Messages.AsNoTracking().SingleAsync(m => m.Id == said.Id));
    }

    private protected async Task JudgeAsync(BotId bot, Message message, double sentiment, string? intent, Urgency urgency, DateTimeOffset? at = null) =>
        (await Store.Insights.AddAsync(
            new Insight(
                message.Id, message.Sequence, message.ConversationId, bot, at ?? message.CreatedAt, new Judgement(sentiment, intent, "en", urgency), InsightSource.Model,
                TimeProvider.System.GetUtcNow()),
            null, default)).ShouldBeTrue();

    /// <summary>Whoever judges anew changes the row, and need not know that it is counted.</summary>
    private protected Task ChangeAsync(Guid message, double score, string? intent, Urgency urgency) => Database.WriteAsync(
        db => db.Insights.Where(i => i.MessageId == message).ExecuteUpdateAsync(set => set
            .SetProperty(i => i.SentimentScore, score).SetProperty(i => i.Sentiment, score > 0 ? Sentiment.Positive : Sentiment.Negative)
            .SetProperty(i => i.Intent, intent).SetProperty(i => i.Urgency, urgency)),
        default);
}
