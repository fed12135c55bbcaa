using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Infrastructure.Persistence.Administration;

internal sealed class ModerationStore(ChatDatabase database) : IModerationStore
{
    private const string ListName = "moderations";

    public Task<Page<ModerationRecord>> ListAsync(ModerationFilter filter, PageRequest page, CancellationToken cancellationToken) => database.ReadAsync(
        async db =>
        {
            IQueryable<ModerationRecord> records = db.Moderations.AsNoTracking();
            if (filter.Scope.Only is { } only)
            {
                records = records.Where(r => only.Contains(r.BotId));
            }
            if (filter.Bot is { } bot)
            {
                records = records.Where(r => r.BotId == bot);
            }
            if (filter.Conversation is { } conversation)
            {
                records = records.Where(r => r.ConversationId == conversation);
            }
            if (filter.State is { } state)
            {
                records = records.Where(r => r.State == state);
            }
            if (filter.Action is { } action)
            {
                records = records.Where(r => r.Action == action);
            }
            if (filter.Direction is { } direction)
            {
                records = records.Where(r => r.Direction == direction);
            }
            if (page.Cursor is { } cursor)
            {
                var before = Cursor.ToId(ListName, cursor);
                records = records.Where(r => r.Id < before);
            }
            var items = await records.OrderByDescending(r => r.Id).Take(page.Limit + 1).ToListAsync(cancellationToken);
            return Pages.Of(items, page, r => Cursor.Encode(ListName, r.Id));
        },
        cancellationToken);

    public Task<ModerationRecord?> ChangeAsync(ConversationId conversation, Guid id, Func<ModerationRecord, AuditEntry> change, CancellationToken cancellationToken) => database.WriteAsync(
        async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            if (!await ConversationStore.LockLaneAsync(db, conversation, cancellationToken)
                || await db.Moderations.SingleOrDefaultAsync(r => r.ConversationId == conversation && r.Id == id, cancellationToken) is not { } record)
            {
                return null;
            }
            db.Note(change(record));
            await db.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return record;
        },
        cancellationToken);
}
