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

    // $1 id.
    private const string ById = $"SELECT {ConnectionRow.Columns} FROM connections c WHERE c.id = $1";

    // $1 bot, $2 id of the last one before, $3 how many.
    private const string List = $"SELECT {ConnectionRow.Columns} FROM connections c WHERE c.bot_id = $1 AND c.id > $2 ORDER BY c.id LIMIT $3";

    // $1 bot.
    private const string ListIds = "SELECT id FROM connections WHERE bot_id = $1";

    // $1 id, $2 bot, $3 platform, $4 name, $5 settings, $6 secrets, $7 why it is off or null, $8 version, $9 created, $10 updated.
    private const string Add = """
        INSERT INTO connections (id, bot_id, platform, display_name, settings, protected_secrets, disabled_reason, version, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """;

    // $1 id, $2 the version it had, $3 name, $4 settings, $5 secrets, $6 why it is off or null, $7 version, $8 updated.
    private const string Save = """
        UPDATE connections SET display_name = $3, settings = $4, protected_secrets = $5, disabled_reason = $6, version = $7, updated_at = $8
        WHERE id = $1 AND version = $2
        """;

    public Task<PlatformConnection?> FindAsync(ConnectionId id, CancellationToken cancellationToken) => database.FindAsync(ById, ConnectionRow.Read, cancellationToken, id.Value);

    public async Task<Page<PlatformConnection>> ListAsync(BotId bot, PageRequest page, CancellationToken cancellationToken)
    {
        var after = page.Cursor is { } cursor ? Cursor.ToId(ListName, cursor) : Guid.Empty;
        var items = await database.ListAsync(List, ConnectionRow.Read, cancellationToken, bot.Value, after, page.Limit + 1);
        return Pages.Of(items, page, c => Cursor.Encode(ListName, c.Id.Value));
    }

    public async Task<IReadOnlyList<ConnectionId>> ListIdsAsync(BotId bot, CancellationToken cancellationToken) =>
        await database.ListAsync(ListIds, row => new ConnectionId(row.GetGuid(0)), cancellationToken, bot.Value);

    public async Task<bool> AddAsync(PlatformConnection connection, AuditEntry? audit, CancellationToken cancellationToken)
    {
        try
        {
            await database.TransactAsync(
                async store =>
                {
                    await store.RunAsync(
                        Add, cancellationToken,
                        connection.Id.Value, connection.BotId.Value, connection.Platform.Value, connection.DisplayName, new StoredJson(connection.Settings),
                        connection.ProtectedSecrets, connection.DisabledReason, connection.Version, connection.CreatedAt, connection.UpdatedAt);
                    await store.NoteAsync(audit, cancellationToken);
                },
                cancellationToken);
            return true;
        }
        catch (Exception e) when (Pages.IsForeignKeyViolation(e))
        {
            return false;
        }
    }

    public Task<PlatformConnection?> ChangeAsync(ConnectionId id, Func<PlatformConnection, AuditEntry?> change, CancellationToken cancellationToken) => database.ChangeAsync(
        ById, ConnectionRow.Read, id.Value,
        async (store, connection) =>
        {
            var (version, before) = (connection.Version, connection.DisabledReason);
            var audit = change(connection);
            if (connection.Version != version && await store.RunAsync(
                Save, cancellationToken,
                id.Value, version, connection.DisplayName, new StoredJson(connection.Settings), connection.ProtectedSecrets, connection.DisabledReason, connection.Version,
                connection.UpdatedAt) == 0)
            {
                return false;
            }
            await store.NoteAsync(audit, cancellationToken);
            if (before is null && connection.DisabledReason is { } reason and not (ChangeConnection.SwitchedOff or DeleteConnection.Deleting))
            {
                await store.NotifyAsync(NotificationEvent.ConnectionDown(connection.BotId, id, connection.Platform, reason), time.GetUtcNow(), cancellationToken);
            }
            return true;
        },
        cancellationToken);

    /// <summary>Seldom, and of many tables: with EF Core.</summary>
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
