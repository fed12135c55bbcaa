using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Infrastructure.Persistence.Administration;

internal sealed class BotStore(ChatDatabase database) : IBotStore
{
    private const string ListName = "bots";

    public Task<Bot?> FindAsync(BotId id, CancellationToken cancellationToken) =>
        database.ReadAsync(db => db.Bots.AsNoTracking().SingleOrDefaultAsync(b => b.Id == id, cancellationToken), cancellationToken);

    public Task<Page<Bot>> ListAsync(BotScope scope, PageRequest page, CancellationToken cancellationToken) => database.ReadAsync(
        async db =>
        {
            var bots = db.Bots.AsNoTracking();
            if (scope.Only is { } only)
            {
                bots = bots.Where(b => only.Contains(b.Id));
            }
            if (page.Cursor is { } cursor)
            {
                var after = new BotId(Cursor.ToId(ListName, cursor));
                bots = bots.Where(b => b.Id > after);
            }
            var items = await bots.OrderBy(b => b.Id).Take(page.Limit + 1).ToListAsync(cancellationToken);
            return Pages.Of(items, page, b => Cursor.Encode(ListName, b.Id.Value));
        },
        cancellationToken);

    public Task AddAsync(Bot bot, AuditEntry? audit, CancellationToken cancellationToken) => database.WriteAsync(
        db =>
        {
            db.Bots.Add(bot);
            db.Note(audit);
            return db.SaveChangesAsync(cancellationToken);
        },
        cancellationToken);

    public async Task<Bot?> ChangeAsync(BotId id, Func<Bot, AuditEntry?> change, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await database.WriteAsync(
                    async db =>
                    {
                        var bot = await db.Bots.SingleOrDefaultAsync(b => b.Id == id, cancellationToken);
                        if (bot is not null)
                        {
                            db.Note(change(bot));
                            await db.SaveChangesAsync(cancellationToken);
                        }
                        return bot;
                    },
                    cancellationToken);
            }
            catch (DbUpdateConcurrencyException)
            {
                // Somebody else was faster; the change applies to what is stored now.
            }
        }
    }

    public async Task<bool> DeleteAsync(BotId id, AuditEntry? audit, CancellationToken cancellationToken)
    {
        try
        {
            return await database.WriteAsync(
                async db =>
                {
                    await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
                    if (await db.Bots.Where(b => b.Id == id && !db.Connections.Any(c => c.BotId == id)).ExecuteDeleteAsync(cancellationToken) == 0)
                    {
                        return false;
                    }
                    await db.BudgetDays.Where(d => d.BotId == id).ExecuteDeleteAsync(cancellationToken);
                    await db.BudgetReservations.Where(r => r.BotId == id).ExecuteDeleteAsync(cancellationToken);
                    db.Note(audit);
                    await db.SaveChangesAsync(cancellationToken);
                    await transaction.CommitAsync(cancellationToken);
                    return true;
                },
                cancellationToken);
        }
        catch (Exception e) when (Pages.IsForeignKeyViolation(e))
        {
            return false;
        }
    }

    public Task<bool> AnyAsync(CancellationToken cancellationToken) =>
        database.ReadAsync(db => db.Bots.AnyAsync(cancellationToken), cancellationToken);
}
