using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Infrastructure.Persistence.Administration;

internal sealed class AuditLog(ChatDatabase database) : IAuditLog
{
    private const string ListName = "audit";

    public Task<Page<AuditEntry>> ListAsync(PageRequest page, CancellationToken cancellationToken) => database.RunAsync(
        async db =>
        {
            var entries = db.AuditLog.AsNoTracking();
            if (page.Cursor is { } cursor)
            {
                var before = Cursor.ToId(ListName, cursor);
                entries = entries.Where(e => e.Id < before);
            }
            var items = await entries.OrderByDescending(e => e.Id).Take(page.Limit + 1).ToListAsync(cancellationToken);
            return Pages.Of(items, page, e => Cursor.Encode(ListName, e.Id));
        },
        cancellationToken);
}
