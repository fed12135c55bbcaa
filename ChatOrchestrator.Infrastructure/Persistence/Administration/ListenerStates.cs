using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Persistence.Model;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Infrastructure.Persistence.Administration;

internal sealed class ListenerStates(ChatDatabase database, TimeProvider time) : IListenerStates
{
    public Task<string?> FindAsync(string name, CancellationToken cancellationToken) => database.ReadAsync(
        async db => (await db.ListenerStates.AsNoTracking().SingleOrDefaultAsync(s => s.Name == name, cancellationToken))?.State,
        cancellationToken);

    public Task<bool> ReplaceAsync(string name, string? expected, string state, CancellationToken cancellationToken) => database.WriteAsync(
        async db =>
        {
            var now = time.GetUtcNow();
            if (expected is not null)
            {
                return await db.ListenerStates.Where(s => s.Name == name && s.State == expected)
                    .ExecuteUpdateAsync(set => set.SetProperty(s => s.State, state).SetProperty(s => s.UpdatedAt, now), cancellationToken) == 1;
            }
            if (await db.ListenerStates.AnyAsync(s => s.Name == name, cancellationToken))
            {
                return false;
            }
            db.ListenerStates.Add(new ListenerState { Name = name, State = state, UpdatedAt = now });
            await db.SaveChangesAsync(cancellationToken);
            return true;
        },
        cancellationToken);
}
