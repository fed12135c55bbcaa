namespace ChatOrchestrator.Tests.Fixtures;

public sealed class EventuallyTests
{
    [Fact]
    public async Task Returns_as_soon_as_the_condition_is_true()
    {
        var asked = 0;

        await Eventually.TrueAsync(() => ++asked == 3, TimeSpan.FromSeconds(30), "the third answer is yes");

        asked.ShouldBe(3);
    }

    [Fact]
    public async Task Fails_at_the_deadline_and_says_what_was_awaited()
    {
        var failure = await Should.ThrowAsync<TimeoutException>(
            () => Eventually.TrueAsync(() => false, TimeSpan.FromMilliseconds(60), "pigs fly"));

        failure.Message.ShouldContain("pigs fly");
    }

    [Fact]
    public async Task Takes_an_exception_for_not_yet_and_shows_the_last_one()
    {
        var failure = await Should.ThrowAsync<TimeoutException>(() => Eventually.PassesAsync(
            _ => throw new InvalidOperationException("still down"), TimeSpan.FromMilliseconds(60), "the server is up"));

        failure.InnerException.ShouldBeOfType<InvalidOperationException>().Message.ShouldBe("still down");
    }

    [Fact]
    public async Task A_condition_that_hangs_does_not_hold_up_the_deadline()
    {
        var never = new TaskCompletionSource<bool>();

        await Should.ThrowAsync<TimeoutException>(
            () => Eventually.TrueAsync(_ => never.Task, TimeSpan.FromMilliseconds(60), "an answer comes"));
    }

    [Fact]
    public async Task The_callers_cancellation_is_not_a_timeout()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(
            () => Eventually.TrueAsync(() => false, TimeSpan.FromSeconds(30), "nobody waits", cancelled.Token));
    }
}
