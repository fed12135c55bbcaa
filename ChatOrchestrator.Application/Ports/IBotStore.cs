using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Application.Ports;

/// <summary>The bots. All calls throw <see cref="StoreUnavailableException"/> when the store is down.</summary>
public interface IBotStore
{
    Task<Bot?> FindAsync(BotId id, CancellationToken cancellationToken);

    /// <summary>Those that the scope shows, oldest first.</summary>
    Task<Page<Bot>> ListAsync(BotScope scope, PageRequest page, CancellationToken cancellationToken);

    Task AddAsync(Bot bot, AuditEntry? audit, CancellationToken cancellationToken);

    /// <summary>Applies a change to the stored bot; again, on what is stored then, when somebody else was faster. The audit entry that it returns goes into the same commit. Null: there is none.</summary>
    Task<Bot?> ChangeAsync(BotId id, Func<Bot, AuditEntry?> change, CancellationToken cancellationToken);

    /// <summary>Deletes a bot that has no connections any more.</summary>
    Task<bool> DeleteAsync(BotId id, AuditEntry? audit, CancellationToken cancellationToken);

    Task<bool> AnyAsync(CancellationToken cancellationToken);
}
