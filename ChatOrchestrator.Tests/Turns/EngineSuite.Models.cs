using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Turns;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Domain.Notifications;
using ChatOrchestrator.Infrastructure.Ai;
using ChatOrchestrator.Tests.Ai;
using ChatOrchestrator.Tests.Persistence;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Tests.Turns;

/// <summary>
/// What models do wrong, from the wire to the participant: each has its word in the timeline, a sensible message, and is
/// charged once or, when the provider has counted nothing, not at all. And what happens at the limit of a budget.
/// </summary>
public abstract partial class EngineSuite
{
    /// <summary>The stub counts 11 tokens in and 7 out.</summary>
    private const long AnswerNanos = (11 * 150) + (7 * 600);

    private static readonly BudgetSettings Plenty = new() { CostPerDay = 100 };

    [StoreFact]
    public async Task A_bad_answer_has_its_word_a_sensible_message_and_is_never_paid_for_twice()
    {
        foreach (var word in (string[])["model_empty_answer", "model_refused", "model_malformed_answer", "model_incomplete_answer"])
        {
            await AnswerBadlyAsync(word, stream: true);
            if (word != "model_incomplete_answer")
            {
                await AnswerBadlyAsync(word, stream: false);
            }
        }
    }

    private async Task AnswerBadlyAsync(string word, bool stream)
    {
        await using var stub = await OpenAIStub.StartAsync();
        stub.Always = word switch
        {
            "model_empty_answer" => stream ? OpenAIStub.Streamed([" "]) : OpenAIStub.Plain(" "),
            "model_refused" => stream ? OpenAIStub.Streamed([], refusal: "No.") : OpenAIStub.Plain(null, refusal: "No."),
            "model_malformed_answer" => OpenAIStub.Raw(stream ? "data: {\"id\":\n\n" : "{\"id\":", stream ? "text/event-stream" : "application/json"),
            _ => OpenAIStub.Streamed(["Half an"], finish: null),
        };
        var isCounted = word is "model_empty_answer" or "model_refused";
        await using var ai = Priced(stub);
        using var engine = await StartAsync(ai.Client);
        _platform.Streamed = stream;
        var chat = await NewChatAsync("telegram", new ProcessingSettings { QuietPeriodMs = 0, MaxAttempts = 2, Budgets = Plenty });

        await chat.SayAsync();
        await DrainAsync(chat);

        var turn = (await TurnsAsync(chat)).ShouldHaveSingleItem();
        (turn.State, turn.Reason, turn.Attempt).ShouldBe((TurnState.Failed, word, isCounted ? 1 : 2));
        (await DeadLettersAsync(chat)).ShouldHaveSingleItem().Reason.ShouldBe(word);
        _platform.Sent.Where(p => p.Chat == chat.Address.Chat).ShouldHaveSingleItem().Text.ShouldBe(word == "model_refused" ? ModelSettings.DefaultRefusal : new ProcessingSettings().Apology);
        (turn.InputTokens, turn.OutputTokens, turn.CostNanos).ShouldBe(isCounted ? (11, 7, AnswerNanos) : (null, null, null));
        (await SpentAsync(chat)).ShouldBe(isCounted ? new BudgetSpending(AnswerNanos, 18, 0, 0) : default);
        if (isCounted)
        {
            stub.Requests.Count.ShouldBe(1);
        }
        else
        {
            (await NotesAsync(chat)).ShouldContain(n => n.Kind == "turn_failed" && n.Detail == word);
        }
    }

    [StoreFact]
    public async Task Two_hundred_kilobytes_are_cut_and_the_participant_is_told()
    {
        await AnswerTooMuchAsync(stream: false);
        await AnswerTooMuchAsync(stream: true);
    }

    private async Task AnswerTooMuchAsync(bool stream)
    {
        await using var stub = await OpenAIStub.StartAsync();
        var long200 = string.Concat(Enumerable.Repeat("word ", 40_000));
        stub.Next(stream ? OpenAIStub.Streamed(long200.Chunk(1_000).Select(c => new string(c))) : OpenAIStub.Plain(long200));
        await using var ai = Priced(stub);
        using var engine = await StartAsync(ai.Client);
        _platform.Streamed = stream;
        var chat = await NewChatAsync("telegram", new ProcessingSettings { QuietPeriodMs = 0, Budgets = Plenty });

        await chat.SayAsync();
        await DrainAsync(chat);

        var turn = (await TurnsAsync(chat)).ShouldHaveSingleItem();
        (turn.State, turn.Reason).ShouldBe((TurnState.Answered, "model_answer_too_long"));
        var answer = (await MessagesAsync(chat))[1].Text;
        answer.Length.ShouldBe(ModelSettings.DefaultMaxAnswerCharacters + AnswerLimit.Notice.Length);
        answer.ShouldEndWith(AnswerLimit.Notice);
        _platform.Sent.Last().Text.ShouldEndWith("I have stopped here.");
        _platform.Sent.Count(p => p.Chat == chat.Address.Chat).ShouldBeLessThan(15);
        stub.Requests.Count.ShouldBe(1);
        turn.CostNanos.ShouldNotBeNull();
        // What is not heard to its end is counted here.
        (await SpentAsync(chat)).Nanos.ShouldBe(turn.CostNanos.Value);
    }

    [StoreFact]
    public async Task A_half_stream_is_taken_back_asked_for_again_and_charged_once()
    {
        await using var stub = await OpenAIStub.StartAsync();
        stub.Next(OpenAIStub.Streamed(["Half an"], finish: null));
        await using var ai = Priced(stub);
        using var engine = await StartAsync(ai.Client);
        _platform.Streamed = true;
        var chat = await NewChatAsync("telegram", new ProcessingSettings { QuietPeriodMs = 0, Budgets = Plenty });

        await chat.SayAsync();
        await DrainAsync(chat);

        (await TurnsAsync(chat)).ShouldHaveSingleItem().State.ShouldBe(TurnState.Answered);
        _platform.Sent.ShouldHaveSingleItem().Text.ShouldBe("Good day!");
        _platform.Abandoned.ShouldNotBeEmpty();
        (await NotesAsync(chat)).ShouldContain(n => n.Kind == "turn_failed" && n.Detail == "model_incomplete_answer");
        (await SpentAsync(chat)).ShouldBe(new BudgetSpending(AnswerNanos, 18, 0, 0));
    }

    [StoreFact]
    public async Task A_model_that_stood_in_is_named_in_the_timeline_and_paid_for_at_its_own_price()
    {
        await using var stub = await OpenAIStub.StartAsync();
        stub.Next(OpenAIStub.Error(404));
        await using var ai = Priced(stub);
        using var engine = await StartAsync(ai.Client);
        var chat = await NewChatAsync("telegram", new ProcessingSettings { QuietPeriodMs = 0, Budgets = Plenty, Models = new ModelSettings { Fallbacks = ["cheap"] } });

        await chat.SayAsync();
        await DrainAsync(chat);

        (await NotesAsync(chat)).ShouldContain(n => n.Kind == "model_fallback" && n.Detail == "dear: model_rejected");
        (await TurnsAsync(chat)).ShouldHaveSingleItem().CostNanos.ShouldBe(18 * 1);
        (await SpentAsync(chat)).Nanos.ShouldBe(18);
    }

    [StoreFact]
    public async Task What_was_answered_before_costs_nothing_and_the_timeline_says_so()
    {
        await using var stub = await OpenAIStub.StartAsync();
        await using var ai = Priced(stub);
        using var engine = await StartAsync(ai.Client);
        var chat = await NewChatAsync("telegram", new ProcessingSettings { QuietPeriodMs = 0, Budgets = Plenty, Models = new ModelSettings { CacheSeconds = 60 } }, new AiSettings { MaxHistory = 0 });

        await chat.SayAsync("The same?");
        await DrainAsync(chat);
        await chat.SayAsync("The same?");
        await DrainAsync(chat);

        _platform.Sent.Select(p => p.Text).ShouldBe(["Good day!", "Good day!"]);
        stub.Requests.Count.ShouldBe(1);
        (await NotesAsync(chat)).ShouldContain(n => n.Kind == "answered_from_cache");
        (await SpentAsync(chat)).ShouldBe(new BudgetSpending(AnswerNanos, 18, 0, 0));
    }

    [StoreFact]
    public async Task At_the_limit_the_bot_does_what_it_is_told()
    {
        foreach (var action in BudgetActions.All)
        {
            await ReachTheLimitAsync(action);
        }
    }

    private async Task ReachTheLimitAsync(string action)
    {
        await using var stub = await OpenAIStub.StartAsync();
        await using var ai = Priced(stub);
        using var engine = await StartAsync(ai.Client);
        // The first answer sets 10 tokens of answer aside and leaves too little for a second one.
        var budget = new BudgetSettings { ParticipantCostPerDay = 0.000_010m, ReserveOutputTokens = 10, AtLimit = action, CheaperModel = "cheap", Notice = "Enough for today." };
        var chat = await NewChatAsync("telegram", new ProcessingSettings { QuietPeriodMs = 0, Budgets = budget });
        var rule = new NotificationRule(chat.Address.Bot, "webhook", TimeProvider.System.GetUtcNow());
        rule.Change("Operators", [NotificationKinds.BudgetReached, NotificationKinds.HandoffRequested], 0, "{}", "", TimeProvider.System.GetUtcNow());
        await ReadAsync(c =>
        {
            c.AddRange(new Bot("Bot", new AiSettings(), new ProcessingSettings(), TimeProvider.System.GetUtcNow(), chat.Address.Bot), rule);
            return c.SaveChangesAsync();
        });

        await chat.SayAsync();
        await DrainAsync(chat);
        await chat.SayAsync();
        await DrainAsync(chat);
        await chat.SayAsync();
        await DrainAsync(chat);

        var turns = await TurnsAsync(chat);
        turns[0].State.ShouldBe(TurnState.Answered);
        var texts = _platform.Sent.Where(p => p.Chat == chat.Address.Chat).Select(p => p.Text).ToList();
        var models = stub.Requests.Select(r => r.Body.GetProperty("model").GetString()).ToList();
        (await NotesAsync(chat)).ShouldContain(n => n.Kind == "budget_reached" && n.Detail == $"participant_cost: {action}");
        (await ReadAsync(c => c.Notifications.AsNoTracking().Where(n => n.RuleId == rule.Id).OrderBy(n => n.Kind).Select(n => n.Kind).ToListAsync()))
            .ShouldBe(action == BudgetActions.Operator ? [NotificationKinds.BudgetReached, NotificationKinds.HandoffRequested] : [NotificationKinds.BudgetReached], "once a day");
        switch (action)
        {
            case BudgetActions.Answer:
                texts.ShouldBe(["Good day!", "Enough for today.", "Enough for today."]);
                models.ShouldBe(["dear"]);
                turns.Skip(1).ShouldAllBe(t => t.State == TurnState.Silent && t.Reason == "budget_reached");
                break;
            case BudgetActions.CheaperModel:
                texts.ShouldBe(["Good day!", "Good day!", "Good day!"]);
                models.ShouldBe(["dear", "cheap", "cheap"]);
                (await SpentAsync(chat)).Nanos.ShouldBe(AnswerNanos + 18 + 18);
                break;
            default:
                texts.ShouldBe(["Good day!", "Enough for today."]);
                turns.Select(t => t.Reason).ShouldBe([null, "budget_reached", "handed_off"]);
                (await ReadAsync(c => c.Conversations.AsNoTracking().SingleAsync(v => v.Id == chat.Id))).ShouldSatisfyAllConditions(
                    c => c.State.ShouldBe(ConversationState.HandedOff), c => c.Agent.ShouldBeNull(), c => c.HandOff("Ada"));
                break;
        }
    }

    [StoreFact]
    public async Task A_model_without_a_price_closes_a_bot_that_limits_costs()
    {
        await using var stub = await OpenAIStub.StartAsync();
        await using var ai = Priced(stub);
        using var engine = await StartAsync(ai.Client);
        var chat = await NewChatAsync("telegram", new ProcessingSettings { QuietPeriodMs = 0, Budgets = Plenty }, new AiSettings { Model = "unheard-of" });

        await chat.SayAsync();
        await DrainAsync(chat);

        stub.Requests.ShouldBeEmpty();
        (await NotesAsync(chat)).ShouldContain(n => n.Kind == "budget_reached" && n.Detail == "model_without_price: answer");
        var refusal = new RequirePrices(new ModelCatalog(Microsoft.Extensions.Options.Options.Create(_aiOptions)));
        Should.Throw<Domain.DomainException>(() => refusal.Check(new BotInput("Bot", new AiSettings { Model = "unheard-of" }, new ProcessingSettings { Budgets = Plenty })))
            .Message.ShouldContain("Ai:Models:unheard-of:InputPrice");
    }

    /// <summary>The real client on the stub, with prices: <c>dear</c> by default, and <c>cheap</c> at a billionth a token.</summary>
    private AiHost Priced(OpenAIStub stub)
    {
        _aiOptions.Model = "dear";
        _aiOptions.Models["dear"] = new ModelOptions { InputPrice = 0.15m, OutputPrice = 0.6m };
        _aiOptions.Models["cheap"] = new ModelOptions { InputPrice = 0.001m, OutputPrice = 0.001m };
        return new AiHost(stub.Endpoint, more:
        [
            ("Ai:Model", "dear"), ("Ai:Models:dear:InputPrice", "0.15"), ("Ai:Models:dear:OutputPrice", "0.6"),
            ("Ai:Models:cheap:InputPrice", "0.001"), ("Ai:Models:cheap:OutputPrice", "0.001"),
        ]);
    }

    private async Task<BudgetSpending> SpentAsync(TestChat chat) =>
        await Store.Budgets.ReadAsync((await _connections.FindAsync(chat.Connection, default))!.Bot.Id, DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime), default);
}
