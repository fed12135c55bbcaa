using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Infrastructure.Persistence.Administration;

internal sealed class ConnectionHealthStore(ChatDatabase database) : IConnectionHealthStore
{
    private const string ListName = "connectionhealth";

    /// <summary>How many of the youngest dead letters are looked through.</summary>
    private const int Failures = 1_000;

    public Task<Page<ConnectionRecord>> ListAsync(BotScope scope, PageRequest page, CancellationToken cancellationToken) => database.ReadAsync(
        async db =>
        {
            var connections = db.Connections.AsNoTracking();
            if (scope.Only is { } only)
            {
                connections = connections.Where(c => only.Contains(c.BotId));
            }
            if (page.Cursor is { } cursor)
            {
                var after = new ConnectionId(Cursor.ToId(ListName, cursor));
                connections = connections.Where(c => c.Id > after);
            }
            var found = await connections.OrderBy(c => c.Id).Take(page.Limit + 1).Select(c => new { c.Id, c.BotId }).ToListAsync(cancellationToken);
            var ids = found.ConvertAll(c => c.Id);
            var activity = await db.Conversations.Where(c => ids.Contains(c.ConnectionId)).GroupBy(c => c.ConnectionId)
                .Select(g => new { g.Key, At = g.Max(c => c.LastActivityAt) }).ToDictionaryAsync(g => g.Key, g => g.At, cancellationToken);
            var failures = await (
                from letter in db.DeadLetters.OrderByDescending(d => d.Id).Take(Failures)
                join conversation in db.Conversations on letter.ConversationId equals conversation.Id
                where ids.Contains(conversation.ConnectionId)
                orderby letter.Id descending
                select new { conversation.ConnectionId, letter.CreatedAt, letter.Reason }).ToListAsync(cancellationToken);
            var records = found.ConvertAll(c =>
            {
                var failure = failures.Find(f => f.ConnectionId == c.Id);
                return new ConnectionRecord(
                    c.Id, c.BotId,
                    activity.TryGetValue(c.Id, out var at) ? at : null,
                    failure is null ? null : new ConnectionFailure(failure.CreatedAt, failure.Reason));
            });
            return Pages.Of(records, page, c => Cursor.Encode(ListName, c.Id.Value));
        },
        cancellationToken);
}
