using ChatOrchestrator.Application;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Turns;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Tests.Fixtures;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;

namespace ChatOrchestrator.Tests.Turns;

public sealed class LaneLeasesTests
{
    [Fact]
    public async Task Leases_are_renewed_also_after_the_store_has_refused_a_statement()
    {
        var time = new FakeTimeProvider();
        var store = Substitute.For<ILaneStore>();
        var lane = TestLane.Claimed();
        var asked = 0;
        store.RenewAsync(default!, default, default).ReturnsForAnyArgs<IReadOnlySet<ConversationId>>(_ =>
            Interlocked.Increment(ref asked) == 1 ? throw new InvalidOperationException("57014: canceling statement due to user request") : new HashSet<ConversationId> { lane.Conversation });
        var leases = new LaneLeases(store, Options.Create(new EngineOptions()), time, NullLogger<LaneLeases>.Instance);
        using var stopping = new CancellationTokenSource();
        var held = leases.Add(lane, time.GetTimestamp(), default);
        var renewing = leases.RenewUntilAsync(stopping.Token);

        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return Volatile.Read(ref asked) > 1;
            },
            TimeSpan.FromSeconds(60), "the leases are renewed once more");

        held.IsLost.ShouldBeFalse();
        await stopping.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => renewing);
        leases.Remove(held);
    }

    [Theory]
    [InlineData(ConversationState.Active, true, null, true)]
    [InlineData(ConversationState.HandedOff, true, null, false)]
    [InlineData(ConversationState.HandedOff, false, null, true)]
    [InlineData(ConversationState.Active, false, 2L, true)]
    [InlineData(ConversationState.Active, false, 1L, false)]
    public void Who_has_the_lane_because_of_what_a_late_signal_tells_of_keeps_it(ConversationState claimedIn, bool keepsAnswer, long? beforeSequence, bool isLost)
    {
        var leases = new LaneLeases(Substitute.For<ILaneStore>(), Options.Create(new EngineOptions()), TimeProvider.System, NullLogger<LaneLeases>.Instance);
        var held = leases.Add(TestLane.Claimed() with { State = claimedIn }, TimeProvider.System.GetTimestamp(), default);

        leases.Interrupt(new Interrupts(held.Lane.Conversation, keepsAnswer, beforeSequence));

        held.IsLost.ShouldBe(isLost);
        leases.Remove(held);
    }
}
