using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Infrastructure.Persistence.Administration;

internal sealed class BotStore(ChatDatabase database) : IBotStore
{
    private const string ListName = "bots";

    public Task<Bot?> FindAsync(BotId id, CancellationToken cancellationToken) =>
        database.RunAsync(db => db.Bots.AsNoTracking().SingleOrDefaultAsync(b => b.Id == id, cancellationToken), cancellationToken);

    public Task<Page<Bot>> ListAsync(PageRequest page, CancellationToken cancellationToken) => database.RunAsync(
        async db =>
        {
            var bots = db.Bots.AsNoTracking();
            if (page.Cursor is { } cursor)
            {
                var after = new BotId(Cursor.ToId(ListName, cursor));
                bots = bots.Where(b => b.Id > after);
            }
            var items = await bots.OrderBy(b => b.Id).Take(page.Limit + 1).ToListAsync(cancellationToken);
            return Pages.Of(items, page, b => Cursor.Encode(ListName, b.Id.Value));
        },
        cancellationToken);

    public Task AddAsync(Bot bot, CancellationToken cancellationToken) => database.RunAsync(
        db =>
        {
            db.Bots.Add(bot);
            return db.SaveChangesAsync(cancellationToken);
        },
        cancellationToken);

    public async Task<Bot?> ChangeAsync(BotId id, Action<Bot> change, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await database.RunAsync(
                    async db =>
                    {
                        var bot = await db.Bots.SingleOrDefaultAsync(b => b.Id == id, cancellationToken);
                        if (bot is not null)
                        {
                            change(bot);
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

    public async Task<bool> DeleteAsync(BotId id, CancellationToken cancellationToken)
    {
        try
        {
            return await database.RunAsync(
                db => db.Bots.Where(b => b.Id == id && !db.Connections.Any(c => c.BotId == id)).ExecuteDeleteAsync(cancellationToken),
                cancellationToken) > 0;
        }
        catch (Exception e) when (Pages.IsForeignKeyViolation(e))
        {
            return false;
        }
    }

    public Task<bool> AnyAsync(CancellationToken cancellationToken) =>
        database.RunAsync(db => db.Bots.AnyAsync(cancellationToken), cancellationToken);
}
