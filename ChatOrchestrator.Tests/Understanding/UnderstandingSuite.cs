using System.Text.Json;
using ChatOrchestrator.Application;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Moderation;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Turns;
using ChatOrchestrator.Application.Understanding;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Ai;
using ChatOrchestrator.Infrastructure.InProcess;
using ChatOrchestrator.Infrastructure.Persistence.Administration;
using ChatOrchestrator.Tests.Fixtures;
using ChatOrchestrator.Tests.Persistence;
using ChatOrchestrator.Tests.Spending;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NSubstitute;

namespace ChatOrchestrator.Tests.Understanding;

/// <summary>Messages are understood beside the engine, by whichever process has the lease.</summary>
public abstract class UnderstandingSuite(TestStore store) : StoreSuite(store)
{
    private static readonly UnderstandingSettings Settings = new()
    {
        Intents = [new() { Name = "refund", Examples = ["refund"] }, new() { Name = "human", Examples = ["human"] }],
        HandOff = new() { Intents = ["human"], SentimentAtMost = -0.9, Notice = "A colleague will be with you." },
    };

    private readonly IChatClient _model = Substitute.For<IChatClient>();
    private readonly IConnectionDirectory _directory = Substitute.For<IConnectionDirectory>();
    private readonly IScoresTexts _scores = Substitute.For<IScoresTexts>();
    private readonly AiOptions _prices = new();
    private readonly INamedLeases _leases = new InProcessNamedLeases(TimeProvider.System);
    private string _answer = """{"sentiment":0.4,"intent":"refund","language":"en","urgency":"normal"}""";
    private int _asked;
    private bool _isScripted;

    [StoreFact]
    public async Task Each_message_of_a_bot_that_wants_it_is_understood_once_by_one_of_several_processes()
    {
        var chat = await OpenAsync(Settings);
        var other = await OpenAsync(null);
        await other.SayAsync("nobody asks");
        await chat.SayAsync("/help", MessageKind.Command);
        for (var i = 0; i < 30; i++)
        {
            await chat.SayAsync($"I want a refund, number {i}");
        }
        UnderstandMessages[] workers = [Worker(), Worker()];

        await UntilAsync(workers, async () => (await InsightsAsync(chat)).Count == 30);

        _asked.ShouldBe(30);
        var insights = await InsightsAsync(chat);
        insights.ShouldAllBe(i => i.Intent == "refund" && i.Sentiment == Sentiment.Positive && i.Language == "en" && i.Source == InsightSource.Model && i.Failure == null && i.InputTokens == 7);
        (await InsightsAsync(other)).ShouldBeEmpty();

        // What one leaves behind the next finds, and nothing is asked again.
        await chat.SayAsync("one more");
        await UntilAsync([Worker(new InProcessNamedLeases(TimeProvider.System))], async () => (await InsightsAsync(chat)).Count == 31);
        _asked.ShouldBe(31);
    }

    [StoreFact]
    public async Task Without_a_judgement_of_the_model_the_lexicon_judges_and_the_insight_says_why()
    {
        var chat = await OpenAsync(Settings with { HandOff = null });
        var free = await OpenAsync(Settings with { HandOff = null, UseModel = false });
        _answer = "I am not JSON.";
        await chat.SayAsync("This is terrible, I want a refund!");
        await free.SayAsync("This is terrible, I want a refund!");

        await UntilAsync([Worker()], async () => (await InsightsAsync(chat)).Count + (await InsightsAsync(free)).Count == 2);

        var insight = (await InsightsAsync(chat)).ShouldHaveSingleItem();
        (insight.Source, insight.Failure, insight.Sentiment, insight.Intent).ShouldBe((InsightSource.Lexicon, "model_invalid_json", Sentiment.Negative, "refund"));
        (await InsightsAsync(free)).ShouldHaveSingleItem().Failure.ShouldBeNull();
        _asked.ShouldBe(1);
    }

    [StoreFact]
    public async Task What_the_model_is_paid_is_charged_and_counted_and_without_money_the_lexicon_judges()
    {
        _prices.Model = "priced";
        _prices.Models["priced"] = new ModelOptions { InputPrice = 1, OutputPrice = 10 };
        // One judgement costs 37,000; 2,000 are set aside for each token of an answer, 200 of them.
        var chat = await OpenAsync(Settings with { HandOff = null }, budgets: new BudgetSettings { CostPerDay = 0.002_030m });
        await chat.SayAsync("A first refund");
        await UntilAsync([Worker()], async () => (await InsightsAsync(chat)).Count == 1);
        await chat.SayAsync("A second refund");
        await UntilAsync([Worker()], async () => (await InsightsAsync(chat)).Count == 2);

        _asked.ShouldBe(1);
        (await InsightsAsync(chat)).Select(i => i.Failure).ShouldBe([null, "budget_reached"]);
        var bot = (await _directory.FindAsync(chat.Connection, default))!.Bot.Id;
        (await Store.Budgets.ReadAsync(bot, DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime), default)).ShouldBe(new BudgetSpending(37_000, 10, 0, 0));
        var counted = await ReadAsync(c => c.AnalyticsHours.AsNoTracking().SingleAsync(h => h.BotId == bot && h.CostNanos > 0));
        (counted.InputTokens, counted.OutputTokens, counted.CostNanos, counted.Priced).ShouldBe((7, 3, 37_000, 1));
    }

    [StoreFact]
    public async Task What_was_changed_into_something_that_is_not_let_in_reaches_no_model()
    {
        var chat = await OpenAsync(Settings, new ModerationSettings());
        _scores.IsConfigured.Returns(true);
        _scores.ScoreAsync(default!, default, default).ReturnsForAnyArgs<IReadOnlyList<CategoryScore>>([new CategoryScore("violence", 0.97, true)]);
        var (message, sequence) = await chat.SayAsync("harmless");
        var lane = await ClaimAsync(chat);
        await ReleaseAsync(lane, (await CommitAsync(TestChat.Turn(lane, sequence))).AnswerSequence);
        await Inbox.RecordAsync(chat.Connection, [new InboundEdit { PlatformId = "e1", EditedPlatformId = message.PlatformMessageId, Text = "an evil plan" }], default);

        await UntilAsync([Worker()], async () => (await InsightsAsync(chat)).Count == 1);

        _asked.ShouldBe(0);
        (await InsightsAsync(chat)).ShouldHaveSingleItem().Failure.ShouldBe("input_blocked");
    }

    [StoreFact]
    public async Task A_rule_hands_the_conversation_over_and_any_operator_can_take_it()
    {
        var chat = await OpenAsync(Settings);
        _answer = """{"sentiment":0,"intent":"human","language":"en","urgency":"normal"}""";
        var (message, _) = await chat.SayAsync("I want to talk to somebody");

        await UntilAsync([Worker()], async () => (await InsightsAsync(chat)).Count == 1);

        var conversation = await ConversationAsync(chat);
        (conversation.State, conversation.Agent).ShouldBe((ConversationState.HandedOff, null));
        (await NotesAsync(chat)).Select(n => (n.MessageId, n.Kind, n.Detail)).ShouldContain((message.Id, "handoff_requested", "intent=human"));
        (await MessagesAsync(chat)).Last().Text.ShouldBe("A colleague will be with you.");
        (await ReadAsync(c => c.AuditLog.AsNoTracking().Where(e => e.SubjectId == chat.Id.ToString()).ToListAsync())).ShouldHaveSingleItem().Action.ShouldBe("conversation.handoff_requested");
        conversation.HandOff("Ada");
        conversation.Agent.ShouldBe("Ada");
    }

    [StoreFact]
    public async Task A_message_that_moderation_judges_has_its_turn_first()
    {
        var chat = await OpenAsync(Settings, new ModerationSettings());
        var (_, sequence) = await chat.SayAsync("wait for it");
        var worker = Worker();
        await worker.LookAsync(default);
        await worker.SettleAsync();
        _asked.ShouldBe(0);

        var lane = await ClaimAsync(chat);
        await ReleaseAsync(lane, (await CommitAsync(TestChat.Turn(lane, sequence))).AnswerSequence);

        await UntilAsync([worker], async () => (await InsightsAsync(chat)).Count == 1);
        _asked.ShouldBe(1);
    }

    [StoreFact]
    public async Task Conversations_and_messages_are_found_by_what_was_understood()
    {
        var (glad, cross) = (await OpenAsync(Settings with { UseModel = false, HandOff = null }), await OpenAsync(Settings with { UseModel = false, HandOff = null }));
        await glad.SayAsync("Thank you, the refund is here, perfect!");
        await glad.SayAsync("It is blue.");
        await cross.SayAsync("Das ist schlecht und sehr dringend");
        await UntilAsync([Worker()], async () => (await InsightsAsync(glad)).Count + (await InsightsAsync(cross)).Count == 3);
        var conversations = new ConversationStore(Store.Database, TimeProvider.System);
        var messages = new MessageStore(Store.Database);
        async Task<IEnumerable<ConversationId>> FindAsync(InsightFilter insight) =>
            (await conversations.ListAsync(new ConversationFilter(BotScope.All, Insight: insight), new PageRequest(200, null), default)).Items
                .Select(v => v.Conversation.Id).Where(id => id == glad.Id || id == cross.Id);

        (await FindAsync(new(Sentiment: Sentiment.Positive))).ShouldBe([glad.Id]);
        (await FindAsync(new(Intent: "refund"))).ShouldBe([glad.Id]);
        (await FindAsync(new(Language: "de"))).ShouldBe([cross.Id]);
        (await FindAsync(new(Urgency: Urgency.High, Sentiment: Sentiment.Negative))).ShouldBe([cross.Id]);
        (await FindAsync(new(Urgency: Urgency.High, Sentiment: Sentiment.Positive))).ShouldBeEmpty("one message must have all of it");
        var page = await messages.ListAsync(glad.Id, new InsightFilter(Intent: "none"), newestFirst: true, new PageRequest(10, null), default);
        page.Items.ShouldHaveSingleItem().Insight.ShouldNotBeNull().Sentiment.ShouldBe(Sentiment.Neutral);
    }

    private static async Task UntilAsync(UnderstandMessages[] workers, Func<Task<bool>> done) => await Eventually.TrueAsync(
        async _ =>
        {
            foreach (var worker in workers)
            {
                await worker.LookAsync(default);
                await worker.SettleAsync();
            }
            return await done();
        },
        Deadline,
        "everything is understood");

    private UnderstandMessages Worker(INamedLeases? leases = null)
    {
        if (!_isScripted)
        {
            // Once: to script a call again is to make it.
            _isScripted = true;
            _model.GetResponseAsync(default!).ReturnsForAnyArgs(_ =>
            {
                Interlocked.Increment(ref _asked);
                return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, _answer)) { ModelId = "m", Usage = new UsageDetails { InputTokenCount = 7, OutputTokenCount = 3 } });
            });
        }
        var time = TimeProvider.System;
        var adapter = Substitute.For<IPlatformAdapter>();
        adapter.Platform.Returns(PlatformName.From("telegram"));
        adapter.Split(default!).ReturnsForAnyArgs([new PartBody(null)]);
        var platforms = new Application.Platforms([adapter]);
        var conversations = new ConversationStore(Store.Database, time);
        var signals = new InProcessSignals();
        var doorbell = new Doorbell(signals, time);
        var steer = new SteerConversation(conversations, _directory, platforms, signals, doorbell, time);
        var catalog = new ModelCatalog(Options.Create(_prices));
        var moderate = new ModerateText(
            _scores, catalog, Beside.Charge(Store.Budgets, _prices), new LanePlaces(Options.Create(new EngineOptions())), Options.Create(new ModerationOptions()), NullLogger<ModerateText>.Instance);
        return new UnderstandMessages(
            Store.Insights,
            new ListenerStates(Store.Database, time),
            leases ?? _leases,
            _directory,
            new JudgeByModel(Beside.Ask(_model, Store.Budgets, _prices)),
            moderate,
            new ModerateHistory(moderate),
            new HandOverByRule(steer, conversations, platforms, doorbell, time, NullLogger<HandOverByRule>.Instance),
            _model,
            WorkerIdentity.Create(),
            time,
            NullLogger<UnderstandMessages>.Instance);
    }

    private async Task<TestChat> OpenAsync(UnderstandingSettings? settings, ModerationSettings? moderation = null, BudgetSettings? budgets = null)
    {
        var now = TimeProvider.System.GetUtcNow();
        var bot = new Bot("Bot", new AiSettings(), new ProcessingSettings { Understanding = settings, Moderation = moderation, Budgets = budgets }, now);
        var connection = new PlatformConnection(bot.Id, PlatformName.From("telegram"), "Test", "{}", "", now);
        await ReadAsync(async c =>
        {
            c.Bots.Add(bot);
            c.Connections.Add(connection);
            return await c.SaveChangesAsync();
        });
        _directory.FindAsync(connection.Id, Arg.Any<CancellationToken>()).Returns(new ConnectionSnapshot
        {
            Id = connection.Id,
            Platform = connection.Platform,
            DisplayName = "Test",
            Settings = JsonDocument.Parse("{}").RootElement,
            Secrets = new Dictionary<string, string>(),
            Bot = new BotSnapshot(bot.Id, bot.Name, bot.Ai, bot.Processing, 1),
        });
        return await TestChat.OpenAsync(Inbox, connection: connection.Id);
    }

    private Task<List<Insight>> InsightsAsync(TestChat chat) =>
        ReadAsync(c => c.Insights.AsNoTracking().Where(i => i.ConversationId == chat.Id).OrderBy(i => i.Sequence).ToListAsync());
}

/// <summary>A store of its own: every message in it is looked at.</summary>
[NeedsPostgres]
public sealed class PostgresUnderstandingTests(PostgresTestStore store) : UnderstandingSuite(store), IClassFixture<PostgresTestStore>;

/// <inheritdoc cref="PostgresUnderstandingTests"/>
public sealed class SqliteUnderstandingTests(SqliteTestStore store) : UnderstandingSuite(store), IClassFixture<SqliteTestStore>;
