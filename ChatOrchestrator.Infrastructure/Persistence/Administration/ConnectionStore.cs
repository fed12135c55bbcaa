using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Notifications;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Infrastructure.Persistence.Notifications;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Infrastructure.Persistence.Administration;

internal sealed class ConnectionStore(ChatDatabase database, TimeProvider time) : IConnectionStore
{
    private const string ListName = "connections";

    /// <summary>How many conversations one transaction deletes: enough to be quick, few enough not to hold locks for long.</summary>
    private const int Batch = 20;

    public Task<PlatformConnection?> FindAsync(ConnectionId id, CancellationToken cancellationToken) =>
        database.ReadAsync(db => db.Connections.AsNoTracking().SingleOrDefaultAsync(c => c.Id == id, cancellationToken), cancellationToken);

    public Task<Page<PlatformConnection>> ListAsync(BotId bot, PageRequest page, CancellationToken cancellationToken) => database.ReadAsync(
        async db =>
        {
            var connections = db.Connections.AsNoTracking().Where(c => c.BotId == bot);
            if (page.Cursor is { } cursor)
            {
                var after = new ConnectionId(Cursor.ToId(ListName, cursor));
                connections = connections.Where(c => c.Id > after);
            }
            var items = await connections.OrderBy(c => c.Id).Take(page.Limit + 1).ToListAsync(cancellationToken);
            return Pages.Of(items, page, c => Cursor.Encode(ListName, c.Id.Value));
        },
        cancellationToken);

    public async Task<IReadOnlyList<ConnectionId>> ListIdsAsync(BotId bot, CancellationToken cancellationToken) =>
        await database.ReadAsync(db => db.Connections.Where(c => c.BotId == bot).Select(c => c.Id).ToListAsync(cancellationToken), cancellationToken);

    public async Task<bool> AddAsync(PlatformConnection connection, AuditEntry? audit, CancellationToken cancellationToken)
    {
        try
        {
            await database.WriteAsync(
                db =>
                {
                    db.Connections.Add(connection);
                    db.Note(audit);
                    return db.SaveChangesAsync(cancellationToken);
                },
                cancellationToken);
            return true;
        }
        catch (DbUpdateException e) when (Pages.IsForeignKeyViolation(e))
        {
            return false;
        }
    }

    public async Task<PlatformConnection?> ChangeAsync(ConnectionId id, Func<PlatformConnection, AuditEntry?> change, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await database.WriteAsync(
                    async db =>
                    {
                        var connection = await db.Connections.SingleOrDefaultAsync(c => c.Id == id, cancellationToken);
                        if (connection is not null)
                        {
                            var before = connection.DisabledReason;
                            db.Note(change(connection));
                            if (before is null && connection.DisabledReason is { } reason and not (ChangeConnection.SwitchedOff or DeleteConnection.Deleting))
                            {
                                await db.NotifyAsync(NotificationEvent.ConnectionDown(connection.BotId, id, connection.Platform, reason), time.GetUtcNow(), cancellationToken);
                            }
                            await db.SaveChangesAsync(cancellationToken);
                        }
                        return connection;
                    },
                    cancellationToken);
            }
            catch (DbUpdateConcurrencyException)
            {
                // Somebody else was faster; the change applies to what is stored now.
            }
        }
    }

    public Task<bool> DeleteAsync(ConnectionId id, AuditEntry? audit, CancellationToken cancellationToken) => database.WriteAsync(
        async db =>
        {
            while (await DeleteConversationsAsync(db, id, cancellationToken))
            {
            }
            await db.InboxEvents.Where(e => e.ConnectionId == id).ExecuteDeleteAsync(cancellationToken);
            await db.Participants.Where(p => p.ConnectionId == id).ExecuteDeleteAsync(cancellationToken);
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            if (await db.Connections.Where(c => c.Id == id).ExecuteDeleteAsync(cancellationToken) == 0)
            {
                return false;
            }
            db.Note(audit);
            await db.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return true;
        },
        cancellationToken);

    /// <summary>
    /// The lanes go first: who appends or commits locks the lane's row, so once it is gone nothing can be added. The rest
    /// goes in the same transaction, so that an interruption leaves no orphans.
    /// </summary>
    private static async Task<bool> DeleteConversationsAsync(ChatDbContext db, ConnectionId id, CancellationToken cancellationToken)
    {
        var ids = await db.Conversations.Where(c => c.ConnectionId == id).OrderBy(c => c.Id).Select(c => c.Id).Take(Batch).ToListAsync(cancellationToken);
        if (ids.Count == 0)
        {
            return false;
        }
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.Lanes.Where(l => ids.Contains(l.ConversationId)).ExecuteDeleteAsync(cancellationToken);
        var messages = db.Messages.Where(m => ids.Contains(m.ConversationId)).Select(m => m.Id);
        await db.Parts.Where(p => messages.Contains(p.MessageId)).ExecuteDeleteAsync(cancellationToken);
        await db.TimelineEvents.Where(e => messages.Contains(e.MessageId)).ExecuteDeleteAsync(cancellationToken);
        await db.DeadLetters.Where(d => messages.Contains(d.MessageId)).ExecuteDeleteAsync(cancellationToken);
        await db.Suggestions.Where(s => ids.Contains(s.ConversationId)).ExecuteDeleteAsync(cancellationToken);
        await db.Summaries.Where(s => ids.Contains(s.ConversationId)).ExecuteDeleteAsync(cancellationToken);
        await db.Moderations.Where(m => ids.Contains(m.ConversationId)).ExecuteDeleteAsync(cancellationToken);
        await db.Turns.Where(t => ids.Contains(t.ConversationId)).ExecuteDeleteAsync(cancellationToken);
        await db.Messages.Where(m => ids.Contains(m.ConversationId)).ExecuteDeleteAsync(cancellationToken);
        await db.Insights.Where(i => ids.Contains(i.ConversationId)).ExecuteDeleteAsync(cancellationToken);
        await db.Participations.Where(p => ids.Contains(p.ConversationId)).ExecuteDeleteAsync(cancellationToken);
        await db.Conversations.Where(c => ids.Contains(c.Id)).ExecuteDeleteAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }
}
