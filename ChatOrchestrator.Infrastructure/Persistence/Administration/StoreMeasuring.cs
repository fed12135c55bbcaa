using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Infrastructure.Persistence.Administration;

internal sealed class StoreMeasuring(ChatDatabase database) : IStoreMeasures
{
    public Task<StoreMeasures> MeasureAsync(DateTimeOffset since, CancellationToken cancellationToken) => database.ReadAsync(
        async db =>
        {
            var letters = await db.DeadLetters.LongCountAsync(d => d.State == DeadLetterState.Open, cancellationToken);
            var conversations = await db.Conversations.LongCountAsync(c => c.LastActivityAt >= since, cancellationToken);
            var connections = await db.Connections.AsNoTracking()
                .GroupBy(c => new { c.Platform, Enabled = c.DisabledReason == null })
                .Select(g => new { g.Key.Platform, g.Key.Enabled, Count = g.LongCount() })
                .ToListAsync(cancellationToken);
            return new StoreMeasures(letters, conversations, [.. connections.Select(c => new ConnectionCount(c.Platform.Value, c.Enabled, c.Count))]);
        },
        cancellationToken);
}
