using ChatOrchestrator.Application;

namespace ChatOrchestrator.Tests.Turns;

public sealed class BackoffTests
{
    private static readonly int[] Attempts = [1, 2, 3, 4, 5, 6];

    [Fact]
    public void The_delay_doubles_with_each_attempt_up_to_a_minute_and_is_shortened_by_at_most_a_half()
    {
        foreach (var (attempt, most) in new[] { (1, 1.0), (2, 2), (3, 4), (4, 8), (5, 16), (6, 32), (7, 60), (20, 60), (1_000_000, 60) })
        {
            for (var i = 0; i < 200; i++)
            {
                Backoff.After(attempt, null).TotalSeconds.ShouldBeInRange(most / 2, most, $"attempt {attempt}");
            }
        }
    }

    [Fact]
    public void Those_who_failed_together_do_not_come_back_together() =>
        Attempts.ShouldAllBe(attempt => Enumerable.Range(0, 100).Select(_ => Backoff.After(attempt, null)).Distinct().Count() > 90);

    [Fact]
    public void What_the_other_side_asked_for_is_kept_to()
    {
        Backoff.After(1, TimeSpan.FromMinutes(3)).ShouldBe(TimeSpan.FromMinutes(3));
        Backoff.After(6, TimeSpan.FromSeconds(1)).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(16));
    }
}
