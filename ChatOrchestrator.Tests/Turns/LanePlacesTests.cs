using ChatOrchestrator.Application;
using ChatOrchestrator.Application.Turns;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Tests.Turns;

public class LanePlacesTests
{
    private readonly LanePlaces _places = new(Options.Create(new EngineOptions { MaxLanes = 5, MaxBusyLanes = 2 }));

    [Fact]
    public async Task No_more_lanes_are_taken_than_a_worker_is_busy_with()
    {
        (await _places.TakeAsync(10, default)).ShouldBe(2);

        var next = _places.TakeAsync(10, default).AsTask();
        next.IsCompleted.ShouldBeFalse();

        _places.Release();
        (await next.WaitAsync(TimeSpan.FromSeconds(10))).ShouldBe(1);
    }

    [Fact]
    public async Task A_lane_that_waits_for_somebody_else_makes_room_up_to_all_that_may_be_in_hand()
    {
        var waits = new List<LanePlaces.Wait>();
        var taken = await _places.TakeAsync(10, default);
        while (taken < 5)
        {
            waits.Add(_places.BeginWait());
            taken += await _places.TakeAsync(1, default).AsTask().WaitAsync(TimeSpan.FromSeconds(10));
        }
        waits.Add(_places.BeginWait());
        waits.Add(_places.BeginWait());

        var next = _places.TakeAsync(1, default).AsTask();
        next.IsCompleted.ShouldBeFalse("five are in hand");

        waits.ForEach(w => w.Dispose());
        next.IsCompleted.ShouldBeFalse("and all of them are busy now");
        _places.Release(4);
        (await next.WaitAsync(TimeSpan.FromSeconds(10))).ShouldBe(1);
    }

    [Fact]
    public async Task Draining_ends_when_nothing_is_in_hand_or_says_how_much_is_when_it_has_waited_enough()
    {
        await _places.TakeAsync(2, default);
        using var enough = new CancellationTokenSource();
        var cut = _places.DrainAsync(enough.Token);
        await enough.CancelAsync();
        (await cut).ShouldBe(2);

        var drained = _places.DrainAsync(default);
        _places.Release(2);
        (await drained.WaitAsync(TimeSpan.FromSeconds(10))).ShouldBe(0);
    }

    [Fact]
    public async Task A_stopping_worker_does_not_wait_for_places()
    {
        await _places.TakeAsync(2, default);
        using var stopping = new CancellationTokenSource();
        var next = _places.TakeAsync(1, stopping.Token).AsTask();

        await stopping.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => next);
    }
}
