using Microsoft.Extensions.Time.Testing;

namespace ChatOrchestrator.Tests.Faults;

/// <summary>The campaign's judge finds what it is there to find.</summary>
public sealed class VerdictTests
{
    private static readonly HashSet<Question> NoDeadLetters = [];

    private readonly FakeTimeProvider _time = new();
    private readonly Ledger _ledger;

    public VerdictTests() => _ledger = new Ledger(_time);

    [Fact]
    public void Answers_in_their_order_are_fine()
    {
        Ask(1, 2);
        Arrive(1, 2);

        Judge().ShouldBe((2, 0, 0, 0, 0, 0));
    }

    [Fact]
    public void What_was_acknowledged_and_not_answered_is_lost()
    {
        Ask(1, 2);
        Arrive(2);

        Judge(violations: 1).ShouldBe((1, 1, 0, 0, 0, 0));
    }

    [Fact]
    public void An_apology_is_no_answer_unless_there_is_a_dead_letter()
    {
        Ask(1);
        _ledger.Arrive(7, "Sorry, I could not answer that just now.");

        Verdict.Of(_ledger, NoDeadLetters).Lost.ShouldBe(1);
        var excused = Verdict.Of(_ledger, new HashSet<Question> { new(7, 1) });
        (excused.Lost, excused.DeadLetters, excused.Violations.Count).ShouldBe((0, 1, 0));
    }

    [Fact]
    public void An_answer_after_a_later_one_is_out_of_order()
    {
        Ask(1, 2, 3);
        Arrive(1, 3, 2);

        Judge(violations: 1).ShouldBe((3, 0, 1, 0, 0, 0));
    }

    [Fact]
    public void A_repeat_without_a_fault_has_no_reason()
    {
        Ask(1);
        Arrive(1, 1);

        Judge(violations: 1).ShouldBe((1, 0, 0, 0, 0, 1));
    }

    [Fact]
    public void A_part_in_flight_at_a_kill_may_be_repeated_once()
    {
        Ask(1);
        Arrive(1);
        Interrupt();
        Arrive(1);
        Judge().ShouldBe((1, 0, 0, 1, 0, 0));

        Arrive(1);
        Judge(violations: 1).ShouldBe((1, 0, 0, 1, 0, 1));
    }

    [Fact]
    public void Two_kills_may_repeat_it_twice()
    {
        Ask(1);
        Arrive(1);
        Interrupt();
        Arrive(1);
        Interrupt();
        Arrive(1);

        Judge().ShouldBe((1, 0, 0, 2, 0, 0));
    }

    [Fact]
    public void What_arrived_long_before_a_kill_was_not_in_flight()
    {
        Ask(1);
        Arrive(1);
        _time.Advance(TimeSpan.FromMinutes(1));
        Interrupt();
        Arrive(1);

        Judge(violations: 1).ShouldBe((1, 0, 0, 0, 0, 1));
    }

    [Fact]
    public void What_arrived_only_after_a_kill_was_not_in_flight()
    {
        Ask(1);
        Interrupt();
        _time.Advance(TimeSpan.FromSeconds(5));
        Arrive(1, 1);

        Judge(violations: 1).ShouldBe((1, 0, 0, 0, 0, 1));
    }

    [Fact]
    public void An_api_that_is_killed_excuses_no_repeat()
    {
        Ask(1);
        Arrive(1);
        _ledger.Interrupt(new Interruption(FaultKind.ApiKilled, _ledger.Now, TimeSpan.MinValue, null, _ledger.Now));
        Arrive(1);

        Judge(violations: 1).ShouldBe((1, 0, 0, 0, 0, 1));
    }

    [Fact]
    public void A_repeat_behind_a_later_answer_is_not_excused_by_a_kill()
    {
        Ask(1, 2);
        Arrive(1, 2);
        Interrupt();
        Arrive(1);

        Judge(violations: 1).ShouldBe((2, 0, 0, 0, 0, 1));
    }

    [Fact]
    public void A_thawed_process_may_have_been_held_in_the_last_instant_with_one_part_and_not_with_two()
    {
        Ask(1, 2);
        var from = _ledger.Now;
        _time.Advance(TimeSpan.FromSeconds(6));
        Arrive(1, 2);
        _ledger.Interrupt(new Interruption(FaultKind.WorkerFrozen, from, from + TimeSpan.FromSeconds(2), _ledger.Now, _ledger.Now));
        Arrive(1);
        Judge().ShouldBe((2, 0, 0, 1, 0, 0));

        Arrive(2);
        Judge(violations: 1).ShouldBe((2, 0, 0, 1, 0, 1));
    }

    [Fact]
    public void What_was_accepted_in_silence_may_be_repeated_as_often_as_that()
    {
        Ask(1);
        _ledger.AcceptInSilence("reply:m7s1z");
        Arrive(1, 1);
        Judge().ShouldBe((1, 0, 0, 0, 1, 0));

        Arrive(1);
        Judge(violations: 1).ShouldBe((1, 0, 0, 0, 1, 1));
    }

    [Fact]
    public void An_answer_in_another_chat_is_a_violation()
    {
        Ask(1);
        Arrive(1);
        _ledger.Arrive(8, "reply:m7s1z");

        Judge(violations: 1).ShouldBe((1, 0, 0, 0, 0, 0));
    }

    [Fact]
    public void The_slowest_answer_after_a_kill_counts_from_the_kill_or_the_question_and_not_those_asked_later()
    {
        Ask(1);
        _time.Advance(TimeSpan.FromSeconds(30));
        var from = _ledger.Now;
        _time.Advance(TimeSpan.FromSeconds(5));
        Arrive(1);
        _ledger.Interrupt(new Interruption(FaultKind.WorkerKilled, from, from, null, _ledger.Now));
        Ask(2);
        _time.Advance(TimeSpan.FromSeconds(60));
        Arrive(2);

        Verdict.Of(_ledger, NoDeadLetters).SlowestAfterKill.ShouldBe(TimeSpan.FromSeconds(5));
    }

    private void Ask(params int[] numbers)
    {
        foreach (var number in numbers)
        {
            _ledger.Ask(new Question(7, number));
            _ledger.Acknowledge(new Question(7, number));
        }
    }

    private void Arrive(params int[] numbers)
    {
        foreach (var number in numbers)
        {
            _ledger.Arrive(7, $"reply:m7s{number}z");
        }
    }

    private void Interrupt()
    {
        _ledger.Interrupt(new Interruption(FaultKind.WorkerKilled, _ledger.Now, _ledger.Now + TimeSpan.FromSeconds(1), null, _ledger.Now));
        _time.Advance(TimeSpan.FromMilliseconds(100));
    }

    private (int Answered, int Lost, int OutOfOrder, int ByInterruption, int AfterSilence, int WithoutReason) Judge(int violations = 0)
    {
        var verdict = Verdict.Of(_ledger, NoDeadLetters);
        verdict.Violations.Count.ShouldBe(violations, string.Join('\n', verdict.Violations));
        return (verdict.Answered, verdict.Lost, verdict.OutOfOrder, verdict.RepeatedByInterruption, verdict.RepeatedAfterSilence, verdict.RepeatedWithoutReason);
    }
}
