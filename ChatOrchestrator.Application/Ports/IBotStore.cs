using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Application.Ports;

/// <summary>The bots. All calls throw <see cref="StoreUnavailableException"/> when the store is down.</summary>
public interface IBotStore
{
    Task<Bot?> FindAsync(BotId id, CancellationToken cancellationToken);

    /// <summary>Oldest first.</summary>
    Task<Page<Bot>> ListAsync(PageRequest page, CancellationToken cancellationToken);

    Task AddAsync(Bot bot, CancellationToken cancellationToken);

    /// <summary>Applies a change to the stored bot; again, on what is stored then, when somebody else was faster. Null: there is none.</summary>
    Task<Bot?> ChangeAsync(BotId id, Action<Bot> change, CancellationToken cancellationToken);

    /// <summary>Deletes a bot that has no connections any more.</summary>
    Task<bool> DeleteAsync(BotId id, CancellationToken cancellationToken);

    Task<bool> AnyAsync(CancellationToken cancellationToken);
}
