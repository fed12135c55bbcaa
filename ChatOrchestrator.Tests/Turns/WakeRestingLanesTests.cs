using ChatOrchestrator.Application;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Turns;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Infrastructure.InProcess;
using Microsoft.Extensions.Logging.Abstractions;
using NSubstitute;

namespace ChatOrchestrator.Tests.Turns;

public sealed class WakeRestingLanesTests
{
    [Fact]
    public async Task Lanes_are_woken_until_none_rests_also_when_others_took_some_of_a_batch()
    {
        var lanes = Substitute.For<ILaneWatch>();
        lanes.WakeAsync(default, default, default).ReturnsForAnyArgs(500, 499, 500, 3, 0);
        using var doorbell = new Doorbell(new InProcessSignals(), TimeProvider.System);

        await new WakeRestingLanes(lanes, Substitute.For<IConnectionStore>(), Substitute.For<IConnectionDirectory>(), doorbell, NullLogger<WakeRestingLanes>.Instance)
            .HandleAsync(ConnectionId.New(), default);

        await lanes.ReceivedWithAnyArgs(5).WakeAsync(default, default, default);
    }
}
