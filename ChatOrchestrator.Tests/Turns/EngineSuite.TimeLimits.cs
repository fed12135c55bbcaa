using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Tests.Fixtures;
using ChatOrchestrator.Tests.Persistence;
using NSubstitute;

namespace ChatOrchestrator.Tests.Turns;

/// <summary>What the store never takes: a statement that always meets a time limit of its own, where others do not, or a value.</summary>
public abstract partial class EngineSuite
{
    private ILaneStore? _lanes;

    [StoreFact]
    public async Task A_lane_that_takes_too_long_to_read_rests_with_an_error_in_the_log_and_the_others_go_on()
    {
        var (slow, other) = (await NewChatAsync("telegram"), await NewChatAsync("telegram"));
        _lanes = Substitute.For<ILaneStore>();
        _lanes.ClaimAsync(default!, default, default, default).ReturnsForAnyArgs(c => Store.Lanes.ClaimAsync(c.Arg<string>(), c.Arg<int>(), c.Arg<TimeSpan>(), c.Arg<CancellationToken>()));
        _lanes.CommitAsync(default!, default!, default).ReturnsForAnyArgs(c => Store.Lanes.CommitAsync(c.Arg<IReadOnlyList<DeliveryCommit>>(), c.Arg<IReadOnlyList<TurnCommit>>(), c.Arg<CancellationToken>()));
        _lanes.LoadAsync(default!, default).ReturnsForAnyArgs(c => c.Arg<IReadOnlyList<LaneQuery>>().Any(q => q.Lane.Conversation == slow.Id)
            ? throw TimedOut()
            : Store.Lanes.LoadAsync(c.Arg<IReadOnlyList<LaneQuery>>(), c.Arg<CancellationToken>()));
        // Both are due before anybody looks: they are claimed and read together.
        await slow.SayAsync();
        await other.SayAsync();

        using var engine = await StartAsync();
        await DrainAsync(other);

        _platform.Sent.ShouldHaveSingleItem().Chat.ShouldBe(other.Address.Chat);
        await Eventually.TrueAsync(async _ => await LaneAsync(slow) is { LeaseOwner: null, HoldUntil: not null }, Deadline, "the lane rests");
        _log.ToString().ShouldContain($"Lane {slow.Id} cannot be read");
    }

    [StoreFact]
    public async Task A_turn_of_which_a_statement_always_times_out_ends_as_a_dead_letter_and_the_others_go_on()
    {
        var budgets = Substitute.For<IBudgetStore>();
        budgets.ReserveAsync(default!, default).ReturnsForAnyArgs<Task<BudgetLimit>>(_ => throw TimedOut());
        _budgets = budgets;
        using var engine = await StartAsync();
        var processing = new ProcessingSettings { QuietPeriodMs = 0, MaxAttempts = 3, Budgets = new BudgetSettings { TokensPerDay = 1_000_000 } };
        var (slow, other) = (await NewChatAsync("telegram", processing), await NewChatAsync("telegram"));

        await slow.SayAsync();
        await other.SayAsync();
        await DrainAsync(other);
        await DrainAsync(slow);

        var turn = (await TurnsAsync(slow)).ShouldHaveSingleItem();
        (turn.State, turn.Attempt).ShouldBe((TurnState.Failed, 3));
        (await DeadLettersAsync(slow)).ShouldHaveSingleItem();
        (await DeadLettersAsync(other)).ShouldBeEmpty();
    }

    [StoreFact]
    public async Task A_part_whose_id_cannot_be_saved_is_sent_once_all_the_same()
    {
        using var engine = await StartAsync();
        var chat = await NewChatAsync("telegram");
        _platform.Sending = (part, _) => Task.FromResult<DeliveryOutcome>(new DeliveryOutcome.Delivered(part.MessageId + "\0" + new string('x', 10_000)));

        await chat.SayAsync();
        await DrainAsync(chat);
        await chat.SayAsync();
        await DrainAsync(chat);

        _platform.Sent.Count.ShouldBe(2);
        (await PartsAsync(chat)).Select(p => p.State).ShouldBe([PartState.Sent, PartState.Sent]);
    }

    private static StatementTimedOutException TimedOut() => new(new TimeoutException());
}
