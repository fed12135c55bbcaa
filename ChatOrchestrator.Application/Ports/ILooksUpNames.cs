namespace ChatOrchestrator.Application.Ports;

/// <summary>A platform whose messages say who wrote them by an id only; what they are called has to be asked for.</summary>
public interface ILooksUpNames
{
    /// <summary>What a user is called there. Null: the platform does not say. Failures are of no consequence and not thrown; only cancellation is.</summary>
    Task<string?> FindNameAsync(ConnectionSnapshot connection, string userId, CancellationToken cancellationToken);
}
