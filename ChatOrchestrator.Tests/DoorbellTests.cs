using ChatOrchestrator.Application;
using ChatOrchestrator.Infrastructure.InProcess;
using Microsoft.Extensions.Time.Testing;

namespace ChatOrchestrator.Tests;

/// <summary>When workers look for lanes.</summary>
public sealed class DoorbellTests : IDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider _time = new();
    private readonly Doorbell _doorbell;

    public DoorbellTests() => _doorbell = new Doorbell(new InProcessSignals(), _time);

    public void Dispose() => _doorbell.Dispose();

    [Fact]
    public void A_lane_that_is_due_later_is_not_forgotten_because_another_is_due_before_it()
    {
        _doorbell.RingHere(TimeSpan.FromSeconds(1));
        _doorbell.RingHere(TimeSpan.FromSeconds(1.5));
        _doorbell.RingHere(TimeSpan.FromSeconds(0.5));

        foreach (var _ in Enumerable.Range(0, 3))
        {
            _time.Advance(TimeSpan.FromSeconds(0.51));
            IsRung().ShouldBeTrue();
        }
        IsRung().ShouldBeFalse("nobody else is due");
    }

    [Fact]
    public void What_is_due_at_once_rings_once_however_many_ring()
    {
        for (var i = 0; i < 10_000; i++)
        {
            _doorbell.RingHere(TimeSpan.Zero);
        }

        IsRung().ShouldBeTrue();
        IsRung().ShouldBeFalse();
    }

    [Fact]
    public void Of_more_than_can_be_remembered_the_soonest_are()
    {
        for (var second = 5_000; second > 0; second--)
        {
            _doorbell.RingHere(TimeSpan.FromSeconds(second));
        }

        for (var second = 1; second <= 1_000; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1.001));
            IsRung().ShouldBeTrue();
        }
    }

    /// <summary>Whether somebody who waits now need not wait.</summary>
    private bool IsRung()
    {
        using var enough = new CancellationTokenSource();
        var waiting = _doorbell.WaitAsync(Poll, enough.Token);
        var rung = waiting.IsCompletedSuccessfully;
        enough.Cancel();
        return rung;
    }
}
