using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Application.Delivery;

/// <summary>Before a part goes out again that may have arrived: asks the platform, where it can be asked.</summary>
internal sealed partial class ReconcileDelivery(ILogger<ReconcileDelivery> logger)
{
    /// <summary>
    /// Whether an earlier attempt at the part may have arrived: its connection broke, or the worker went away that had the
    /// lane (of its parts only the first open one can have been in flight).
    /// </summary>
    public static bool MayHaveArrived(ClaimedLane lane, OpenPart part, bool first) =>
        part.State == PartState.Unknown || (first && lane.TakenOverFrom is not null);

    /// <summary>Whether sending such a part shows it twice if it had arrived.</summary>
    public static bool MayRepeat(IPlatformAdapter platform, DeliveryOutcome outcome) =>
        platform is not IReconcilesDeliveries { DropsRepeats: true } && outcome is DeliveryOutcome.Delivered or DeliveryOutcome.Unknown;

    /// <summary>The part's outcome if the platform has it; null: it is to be sent.</summary>
    public async Task<DeliveryOutcome?> FindAsync(IPlatformAdapter platform, ConnectionSnapshot connection, OutboundPart part, CancellationToken cancellationToken)
    {
        if (platform is not IReconcilesDeliveries reconciles)
        {
            return null;
        }
        try
        {
            return await reconciles.FindAsync(connection, part, cancellationToken) is { } id ? new DeliveryOutcome.Delivered(id) : null;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // The type only: a client's message may quote an address with a token in it.
            AskingBroke(part.MessageId, part.Ordinal, e.GetType().Name);
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Asking whether part {Ordinal} of message {MessageId} arrived broke ({Error}); it is sent")]
    private partial void AskingBroke(Guid messageId, int ordinal, string error);
}
