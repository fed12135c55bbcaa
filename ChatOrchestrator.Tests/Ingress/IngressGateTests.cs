using ChatOrchestrator.Application;
using ChatOrchestrator.Application.Ingress;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Tests.Ingress;

public sealed class IngressGateTests
{
    private const int MiB = 1024 * 1024;

    private readonly IngressGate _gate = new(Options.Create(new EngineOptions { InboxCapacity = 3, InboxMegabytes = 2 }));

    [Fact]
    public void No_more_requests_are_let_in_than_there_is_room_for()
    {
        var tickets = Enumerable.Range(0, 3).Select(_ => _gate.Enter(10)).ToArray();
        Should.Throw<OverloadedException>(() => _gate.Enter(10));
        tickets[1].Dispose();
        using var next = _gate.Enter(10);
        Should.Throw<OverloadedException>(() => _gate.Enter(10));
    }

    [Fact]
    public void The_bytes_of_all_bodies_together_are_bounded()
    {
        using (_gate.Enter(MiB))
        {
            using var small = _gate.Enter(10);
            Should.Throw<OverloadedException>(() => _gate.Enter(MiB));
        }
        using var one = _gate.Enter(MiB);
        using var two = _gate.Enter(MiB);
        Should.Throw<OverloadedException>(() => _gate.Enter(0));
    }

    [Fact]
    public void A_body_of_unknown_length_counts_as_it_grows()
    {
        using var other = _gate.Enter(MiB);
        using (var growing = _gate.Enter(0))
        {
            growing.GrowTo(MiB / 2);
            growing.GrowTo(MiB);
            Should.Throw<OverloadedException>(() => growing.GrowTo(MiB + 1));
            Should.Throw<OverloadedException>(() => _gate.Enter(0));
        }
        using var next = _gate.Enter(MiB);
    }
}
