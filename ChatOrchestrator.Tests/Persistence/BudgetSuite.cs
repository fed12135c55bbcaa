using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>What is set aside, what is spent, and that both are exact.</summary>
public abstract class BudgetSuite(TestStore store) : StoreSuite(store)
{
    private static readonly DateOnly Day = new(2026, 3, 4);

    private BotId _bot = BotId.New();
    private Guid _participant = Guid.CreateVersion7();

    [StoreFact]
    public async Task What_is_set_aside_counts_until_what_was_used_takes_its_place_once()
    {
        var first = Request(100, 10);
        (await Store.Budgets.ReserveAsync(first, default)).ShouldBe(BudgetLimit.None);
        (await Store.Budgets.ReadAsync(_bot, Day, default)).ShouldBe(new BudgetSpending(0, 0, 100, 10));

        await Store.Budgets.SettleAsync(new BudgetCharge(first.Id, 70, 7), default);
        await Store.Budgets.SettleAsync(new BudgetCharge(first.Id, 70, 7), default);

        (await Store.Budgets.ReadAsync(_bot, Day, default)).ShouldBe(new BudgetSpending(70, 7, 0, 0));
        (await Store.Budgets.ReadAsync(_bot, Day.AddDays(1), default)).ShouldBe(default);
    }

    [StoreFact]
    public async Task What_is_set_aside_again_because_the_answer_of_the_store_was_lost_is_set_aside_once()
    {
        var request = Request(60, 6) with { OfBot = new BudgetAmounts(100, null) };
        (await Store.Budgets.ReserveAsync(request, default)).ShouldBe(BudgetLimit.None);
        (await Store.Budgets.ReserveAsync(request, default)).ShouldBe(BudgetLimit.None);
        (await Store.Budgets.ReadAsync(_bot, Day, default)).ShouldBe(new BudgetSpending(0, 0, 60, 6));

        await Store.Budgets.SettleAsync(new BudgetCharge(request.Id, 50, 5), default);
        (await Store.Budgets.ReadAsync(_bot, Day, default)).ShouldBe(new BudgetSpending(50, 5, 0, 0));
    }

    [StoreFact]
    public async Task A_limit_is_reached_to_the_unit_and_each_day_and_participant_has_their_own()
    {
        foreach (var limit in (BudgetLimit[])[BudgetLimit.BotCost, BudgetLimit.BotTokens, BudgetLimit.ParticipantCost, BudgetLimit.ParticipantTokens])
        {
            (_bot, _participant) = (BotId.New(), Guid.CreateVersion7());
            await ReachAsync(limit);
        }
    }

    private async Task ReachAsync(BudgetLimit limit)
    {
        BudgetRequest Asked(long amount) => Request(amount, amount) with
        {
            OfBot = new BudgetAmounts(limit == BudgetLimit.BotCost ? 100 : null, limit == BudgetLimit.BotTokens ? 100 : null),
            OfParticipant = new BudgetAmounts(limit == BudgetLimit.ParticipantCost ? 100 : null, limit == BudgetLimit.ParticipantTokens ? 100 : null),
        };
        var first = Asked(60);
        (await Store.Budgets.ReserveAsync(first, default)).ShouldBe(BudgetLimit.None);
        (await Store.Budgets.ReserveAsync(Asked(41), default)).ShouldBe(limit, "60 are set aside");
        await Store.Budgets.SettleAsync(new BudgetCharge(first.Id, 59, 59), default);
        (await Store.Budgets.ReserveAsync(Asked(42), default)).ShouldBe(limit, "59 are spent");
        (await Store.Budgets.ReserveAsync(Asked(41), default)).ShouldBe(BudgetLimit.None);

        (await Store.Budgets.ReserveAsync(Asked(100) with { Day = Day.AddDays(1) }, default)).ShouldBe(BudgetLimit.None);
        var other = Asked(41) with { Participant = Guid.CreateVersion7() };
        (await Store.Budgets.ReserveAsync(other, default)).ShouldBe(limit is BudgetLimit.BotCost or BudgetLimit.BotTokens ? limit : BudgetLimit.None);
    }

    [StoreFact]
    public async Task Another_attempt_in_a_conversation_frees_what_the_one_before_had_set_aside_and_both_are_charged_what_they_used()
    {
        var limits = new BudgetAmounts(100, null);
        var first = Request(80, 1) with { OfBot = limits };
        var again = Request(80, 1) with { OfBot = limits, Conversation = first.Conversation };
        (await Store.Budgets.ReserveAsync(first, default)).ShouldBe(BudgetLimit.None);
        (await Store.Budgets.ReserveAsync(again, default)).ShouldBe(BudgetLimit.None, "its worker was lost");

        await Store.Budgets.SettleAsync(new BudgetCharge(again.Id, 50, 5), default);
        await Store.Budgets.SettleAsync(new BudgetCharge(first.Id, 20, 2), default);

        (await Store.Budgets.ReadAsync(_bot, Day, default)).ShouldBe(new BudgetSpending(70, 7, 0, 0));
    }

    [StoreFact]
    public async Task What_a_dead_worker_has_set_aside_is_free_after_its_time()
    {
        var limits = new BudgetAmounts(100, null);
        (await Store.Budgets.ReserveAsync(Request(80, 1) with { OfBot = limits, Life = TimeSpan.FromMinutes(-1) }, default)).ShouldBe(BudgetLimit.None);

        (await Store.Budgets.ReserveAsync(Request(80, 1) with { OfBot = limits }, default)).ShouldBe(BudgetLimit.None);
    }

    [StoreFact]
    public async Task A_turn_and_what_it_cost_are_one_commit_and_a_repeated_one_costs_nothing()
    {
        var chat = await NewChatAsync();
        var (_, asked) = await chat.SayAsync();
        var lane = await ClaimAsync(chat);
        var request = Request(100, 10) with { Conversation = chat.Id };
        await Store.Budgets.ReserveAsync(request, default);
        var turn = TestChat.Turn(lane, asked) with { Charge = new BudgetCharge(request.Id, 70, 7), HandOver = true, Notes = [new TurnNote("budget_reached", "bot_cost: operator")] };

        var committed = await CommitAsync(turn);
        committed.Held.ShouldBeTrue();
        (await CommitAsync(turn)).Held.ShouldBeFalse();

        (await Store.Budgets.ReadAsync(_bot, Day, default)).ShouldBe(new BudgetSpending(70, 7, 0, 0));
        await ReleaseAsync(lane, committed.AnswerSequence);
        await chat.SayAsync();
        (await ClaimAsync(chat)).State.ShouldBe(ConversationState.HandedOff);
    }

    [StoreFact]
    public async Task A_call_beside_the_turns_is_charged_and_counted_once_and_leaves_the_answers_reservation_alone()
    {
        var answer = Request(60, 6) with { OfBot = new BudgetAmounts(100, null) };
        var beside = Request(40, 4) with { OfBot = new BudgetAmounts(100, null) };
        (await Store.Budgets.ReserveAsync(answer, default)).ShouldBe(BudgetLimit.None);
        (await Store.Budgets.ReserveAsync(beside, default)).ShouldBe(BudgetLimit.None);
        var chat = await NewChatAsync();
        var (message, _) = await chat.SayAsync();
        var spending = new CallSpending(beside.Id, _bot, PlatformName.From("telegram"), new ModelUsage(3, 0, 2), 30, new SpendingNote(chat.Id, message.Id, "summary: 3 + 2 tokens"));

        await Store.Budgets.SpendAsync(spending, default);
        await Store.Budgets.SpendAsync(spending, default);

        (await Store.Budgets.ReadAsync(_bot, Day, default)).ShouldBe(new BudgetSpending(30, 5, 60, 6));
        (await NotesAsync(chat)).ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            n => (n.Kind, n.Detail, n.MessageId).ShouldBe(("charged", "summary: 3 + 2 tokens", message.Id)),
            n => n.At.ShouldBeGreaterThan(TimeProvider.System.GetUtcNow() - Deadline));
        await Store.Budgets.SettleAsync(new BudgetCharge(answer.Id, 60, 6), default);
        // A bot without a budget has costs, too, but nothing that they could be charged to.
        await Store.Budgets.SpendAsync(spending with { Reservation = null, Nanos = null, Note = new SpendingNote(chat.Id, Guid.CreateVersion7(), "of a message that is gone") }, default);
        await Store.Budgets.SpendAsync(spending with { Reservation = null }, default);
        (await Store.Budgets.ReadAsync(_bot, Day, default)).ShouldBe(new BudgetSpending(90, 11, 0, 0));
        var hours = await ReadAsync(c => c.AnalyticsHours.AsNoTracking().Where(h => h.BotId == _bot).ToListAsync());
        (hours.Sum(h => h.InputTokens), hours.Sum(h => h.OutputTokens), hours.Sum(h => h.CostNanos), hours.Sum(h => h.Priced)).ShouldBe((9, 6, 60, 2));
        (await NotesAsync(chat)).Count.ShouldBe(2, "the last one has a line, too");
    }

    [StoreFact]
    public async Task Sixty_four_at_a_time_on_three_workers_spend_to_the_last_unit_and_never_more()
    {
        const long each = 7, actual = 5, limit = 1_000;
        IBudgetStore[] workers = [Store.AnotherBudgets(), Store.AnotherBudgets(), Store.AnotherBudgets()];
        var (granted, refused) = (0, 0);
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 300),
            new ParallelOptions { MaxDegreeOfParallelism = 64 },
            async (n, token) =>
            {
                var request = Request(each, each) with { OfBot = new BudgetAmounts(limit, null), OfParticipant = new BudgetAmounts(limit, null) };
                var worker = workers[n % workers.Length];
                if (await worker.ReserveAsync(request, token) != BudgetLimit.None)
                {
                    Interlocked.Increment(ref refused);
                    return;
                }
                Interlocked.Increment(ref granted);
                (await worker.ReadAsync(_bot, Day, token)).ShouldSatisfyAllConditions(s => (s.Nanos + s.ReservedNanos).ShouldBeLessThanOrEqualTo(limit));
                // An answer, or a call beside one.
                await (n % 2 == 0
                    ? worker.SettleAsync(new BudgetCharge(request.Id, actual, actual), token)
                    : worker.SpendAsync(new CallSpending(request.Id, _bot, PlatformName.From("telegram"), new ModelUsage(actual, 0, 0), actual), token));
            });

        (granted + refused).ShouldBe(300);
        (await Store.Budgets.ReadAsync(_bot, Day, default)).ShouldBe(new BudgetSpending(granted * actual, granted * actual, 0, 0));
        // What is refused while others run has room again when they have settled lower: up to the last seven.
        var left = limit - (granted * actual);
        while (left >= each)
        {
            var request = Request(each, each) with { OfBot = new BudgetAmounts(limit, null) };
            (await Store.Budgets.ReserveAsync(request, default)).ShouldBe(BudgetLimit.None);
            await Store.Budgets.SettleAsync(new BudgetCharge(request.Id, actual, actual), default);
            left -= actual;
        }
        (await Store.Budgets.ReserveAsync(Request(each, each) with { OfBot = new BudgetAmounts(limit, null) }, default)).ShouldBe(BudgetLimit.BotCost);
    }

    private BudgetRequest Request(long nanos, long tokens) =>
        new(Guid.CreateVersion7(), _bot, _participant, new ConversationId(Guid.CreateVersion7()), Day, nanos, tokens, TimeSpan.FromMinutes(5), default, default);
}

[NeedsPostgres]
[Collection(PostgresTestStore.Collection)]
public sealed class PostgresBudgetTests(PostgresTestStore store) : BudgetSuite(store);

[Collection(SqliteTestStore.Collection)]
public sealed class SqliteBudgetTests(SqliteTestStore store) : BudgetSuite(store);
