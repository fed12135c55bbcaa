namespace ChatOrchestrator.Application.Ports;

/// <summary>
/// The store answers, but ended this statement at a time limit. It may be that the store is slow or locked for a moment, so
/// whoever waits for a store that is away waits for this one, too; but what always meets the limit must not keep others
/// waiting, and has to end where it is seen.
/// </summary>
public sealed class StatementTimedOutException(Exception inner) : StoreUnavailableException(inner)
{
    /// <summary>Whether the store itself is away, so that trying again later is all that can be done.</summary>
    public static bool IsStoreAway(Exception e) => e is StoreUnavailableException and not StatementTimedOutException;
}
