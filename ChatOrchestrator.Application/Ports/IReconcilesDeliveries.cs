namespace ChatOrchestrator.Application.Ports;

/// <summary>
/// A platform on which it can be found out whether a part arrived whose outcome is not known. The adapter sends
/// <see cref="OutboundPart.Reference"/> with every part (Discord <c>nonce</c> with <c>enforce_nonce</c>, WhatsApp
/// <c>biz_opaque_callback_data</c>, Messenger <c>metadata</c>), and reads it from what comes back into
/// <see cref="DeliveryReceipt.Reference"/>: that settles the part, also before the outcome of sending it is saved.
/// </summary>
public interface IReconcilesDeliveries
{
    /// <summary>Whether the platform takes a second part with the same reference for the first, so that sending again shows nothing twice.</summary>
    bool DropsRepeats { get; }

    /// <summary>Asks, before a part is sent again, under which id it arrived. Null: it did not, or the platform cannot be asked; then it is sent.</summary>
    /// <remarks>Failures are of no consequence and not thrown; only cancellation is.</remarks>
    Task<string?> FindAsync(ConnectionSnapshot connection, OutboundPart part, CancellationToken cancellationToken);
}
