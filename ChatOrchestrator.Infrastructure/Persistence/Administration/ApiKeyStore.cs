using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Access;
using ChatOrchestrator.Domain.Bots;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Infrastructure.Persistence.Administration;

internal sealed class ApiKeyStore(ChatDatabase database, TimeProvider time) : IApiKeyStore
{
    private const string ListName = "apikeys";

    public Task<FoundCaller?> FindAsync(string hash, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return FindAsync(keys => keys.Where(k => k.Hash == hash || (k.PreviousHash == hash && k.PreviousExpiresAt > now)), hash, cancellationToken);
    }

    public Task<FoundCaller?> FindAsync(Guid id, CancellationToken cancellationToken) => FindAsync(keys => keys.Where(k => k.Id == id), null, cancellationToken);

    public Task<ApiKey?> ReadAsync(Guid id, CancellationToken cancellationToken) =>
        database.ReadAsync(db => db.ApiKeys.AsNoTracking().SingleOrDefaultAsync(k => k.Id == id, cancellationToken), cancellationToken);

    public Task<Page<ApiKey>> ListAsync(string? prefix, PageRequest page, CancellationToken cancellationToken) => database.ReadAsync(
        async db =>
        {
            var keys = db.ApiKeys.AsNoTracking();
            if (prefix is not null)
            {
                keys = keys.Where(k => k.Prefix.StartsWith(prefix));
            }
            if (page.Cursor is { } cursor)
            {
                var after = Cursor.ToId(ListName, cursor);
                keys = keys.Where(k => k.Id > after);
            }
            var items = await keys.OrderBy(k => k.Id).Take(page.Limit + 1).ToListAsync(cancellationToken);
            return Pages.Of(items, page, k => Cursor.Encode(ListName, k.Id));
        },
        cancellationToken);

    public Task AddAsync(ApiKey key, AuditEntry audit, CancellationToken cancellationToken) => database.WriteAsync(
        db =>
        {
            db.ApiKeys.Add(key);
            db.Note(audit);
            return db.SaveChangesAsync(cancellationToken);
        },
        cancellationToken);

    public Task<bool> AddFirstAsync(ApiKey key, CancellationToken cancellationToken) => database.WriteAsync(
        async db =>
        {
            if (await db.ApiKeys.AnyAsync(k => k.Name == key.Name, cancellationToken))
            {
                return false;
            }
            db.ApiKeys.Add(key);
            await db.SaveChangesAsync(cancellationToken);
            return true;
        },
        cancellationToken);

    public async Task<ApiKey?> ChangeAsync(Guid id, Func<ApiKey, AuditEntry> change, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await database.WriteAsync(
                    async db =>
                    {
                        var key = await db.ApiKeys.SingleOrDefaultAsync(k => k.Id == id, cancellationToken);
                        if (key is not null)
                        {
                            db.Note(change(key));
                            await db.SaveChangesAsync(cancellationToken);
                        }
                        return key;
                    },
                    cancellationToken);
            }
            catch (DbUpdateConcurrencyException)
            {
                // Somebody else was faster; the change applies to what is stored now.
            }
        }
    }

    public Task<bool> DeleteAsync(Guid id, AuditEntry audit, CancellationToken cancellationToken) => database.WriteAsync(
        async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            if (await db.ApiKeys.Where(k => k.Id == id).ExecuteDeleteAsync(cancellationToken) == 0)
            {
                return false;
            }
            db.Note(audit);
            await db.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return true;
        },
        cancellationToken);

    public Task NoteUsesAsync(IReadOnlyDictionary<Guid, DateTimeOffset> uses, CancellationToken cancellationToken) => database.WriteAsync(
        async db =>
        {
            foreach (var (id, at) in uses)
            {
                await db.ApiKeys.Where(k => k.Id == id && (k.LastUsedAt == null || k.LastUsedAt < at))
                    .ExecuteUpdateAsync(set => set.SetProperty(k => k.LastUsedAt, at), cancellationToken);
            }
            return uses.Count;
        },
        cancellationToken);

    private Task<FoundCaller?> FindAsync(Func<IQueryable<ApiKey>, IQueryable<ApiKey>> which, string? hash, CancellationToken cancellationToken) => database.ReadAsync(
        async db =>
        {
            if (await which(db.ApiKeys.AsNoTracking()).SingleOrDefaultAsync(cancellationToken) is not { } key
                || await BotsThatAreLeft.OfAsync(db, key.Scope, cancellationToken) is not (true, var bots))
            {
                return null;
            }
            var caller = FindCaller.Of(key, bots);
            // The key from before a rotation stops earlier.
            return new FoundCaller(key.Id, hash is not null && hash != key.Hash ? caller with { ExpiresAt = Earlier(key.ExpiresAt, key.PreviousExpiresAt) } : caller);
        },
        cancellationToken);

    private static DateTimeOffset? Earlier(DateTimeOffset? a, DateTimeOffset? b) => a is null || b < a ? b : a;
}

internal static class BotsThatAreLeft
{
    /// <summary>Of the bots that something is limited to those that exist. Not left: it was limited to bots that are all gone.</summary>
    public static async Task<(bool Left, IReadOnlyList<BotId>? Bots)> OfAsync(ChatDbContext db, AccessScope scope, CancellationToken cancellationToken)
    {
        if (scope.BotIds is not { } ids)
        {
            return (true, null);
        }
        var wanted = ids.Select(id => new BotId(id)).ToList();
        var left = await db.Bots.Where(b => wanted.Contains(b.Id)).Select(b => b.Id).ToListAsync(cancellationToken);
        return (left.Count > 0, left);
    }
}
