using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Tests.Persistence;

internal static class LaneStoreExtensions
{
    public static async Task<IReadOnlyList<TurnCommitted>> CommitTurnsAsync(this ILaneStore lanes, IReadOnlyList<TurnCommit> turns, CancellationToken cancellationToken) =>
        (await lanes.CommitAsync([], turns, cancellationToken)).Turns;

    public static async Task<IReadOnlyList<DeliveryCommitted>> CommitDeliveriesAsync(this ILaneStore lanes, IReadOnlyList<DeliveryCommit> deliveries, CancellationToken cancellationToken) =>
        (await lanes.CommitAsync(deliveries, [], cancellationToken)).Deliveries;
}
