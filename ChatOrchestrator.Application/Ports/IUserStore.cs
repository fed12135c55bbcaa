using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Domain.Access;

namespace ChatOrchestrator.Application.Ports;

/// <summary>The users and their sessions. All calls throw <see cref="StoreUnavailableException"/> when the store is down.</summary>
public interface IUserStore
{
    Task<User?> FindAsync(Guid id, CancellationToken cancellationToken);

    /// <param name="email">Normalised.</param>
    Task<User?> FindByEmailAsync(string email, CancellationToken cancellationToken);

    /// <summary>Who holds a session; null: it has ended, or the user may not sign in, or all bots that the user is limited to are gone.</summary>
    Task<FoundCaller?> FindBySessionAsync(Guid user, Guid session, CancellationToken cancellationToken);

    /// <summary>Oldest first.</summary>
    Task<Page<User>> ListAsync(PageRequest page, CancellationToken cancellationToken);

    /// <summary>False: the address is taken.</summary>
    Task<bool> AddAsync(User user, AuditEntry audit, CancellationToken cancellationToken);

    /// <summary>Changes a stored user, with the audit entry that the change returns in the same commit. Null: there is none.</summary>
    /// <param name="endSessions">Every session of the user ends in the same commit.</param>
    Task<User?> ChangeAsync(Guid id, Func<User, AuditEntry> change, bool endSessions, CancellationToken cancellationToken);

    /// <summary>Deletes a user with all sessions. False: there is none.</summary>
    Task<bool> DeleteAsync(Guid id, AuditEntry audit, CancellationToken cancellationToken);

    /// <summary>Begins a session, and notes the sign-in.</summary>
    /// <param name="hash">Of the first refresh token.</param>
    Task BeginSessionAsync(Guid user, Guid session, string hash, DateTimeOffset expiresAt, AuditEntry audit, CancellationToken cancellationToken);

    /// <summary>Exchanges a refresh token for the next of its session. One that was exchanged before ends the session: somebody else has a copy.</summary>
    Task<RefreshOutcome> RefreshAsync(string hash, string nextHash, DateTimeOffset expiresAt, CancellationToken cancellationToken);

    /// <summary>Ends the session of a refresh token. Null: there is no such session.</summary>
    Task<(Guid User, Guid Session)?> EndSessionAsync(string hash, CancellationToken cancellationToken);
}

/// <summary>What became of a refresh token.</summary>
/// <param name="Reused">It had been exchanged before: the session was ended.</param>
/// <param name="User">Whose it is, when it is known.</param>
/// <param name="Renewed">It was exchanged.</param>
public sealed record RefreshOutcome(bool Renewed, bool Reused, Guid User, Guid Session)
{
    public static RefreshOutcome Unknown { get; } = new(false, false, Guid.Empty, Guid.Empty);
}
