namespace ChatOrchestrator.Application.Ports;

/// <summary>
/// A platform on which somebody who asks to be forgotten has another id than in the chats (Messenger: an app-scoped one there,
/// page-scoped ones here).
/// </summary>
public interface IMatchesUsers
{
    /// <summary>The ids that a person has in the chats of a connection; empty: they have never written there. Null: it cannot be known, because the connection lacks what it takes or the platform refuses.</summary>
    /// <exception cref="PlatformException">The platform cannot be asked now.</exception>
    Task<IReadOnlyList<string>?> MatchAsync(ConnectionSnapshot connection, string userId, CancellationToken cancellationToken);
}
