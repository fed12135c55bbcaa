using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Access;
using ChatOrchestrator.Infrastructure.Persistence.Model;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Infrastructure.Persistence.Administration;

internal sealed class UserStore(ChatDatabase database, TimeProvider time) : IUserStore
{
    private const string ListName = "users";

    // Asked for with every access token, so it is plain, as in ADR 0017. $1 user, $2 session, $3 now.
    private const string BySession = """
        SELECT u.email, u.name, u.role, u.scope FROM users u JOIN sessions s ON s.user_id = u.id
        WHERE u.id = $1 AND u.disabled_at IS NULL AND s.id = $2 AND s.ended_at IS NULL AND s.expires_at > $3
        """;

    public Task<User?> FindAsync(Guid id, CancellationToken cancellationToken) =>
        database.ReadAsync(db => db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == id, cancellationToken), cancellationToken);

    public Task<User?> FindByEmailAsync(string email, CancellationToken cancellationToken) =>
        database.ReadAsync(db => db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Email == email, cancellationToken), cancellationToken);

    public async Task<FoundCaller?> FindBySessionAsync(Guid user, Guid session, CancellationToken cancellationToken)
    {
        var found = await database.FindAsync(
            BySession,
            row => new { Email = row.GetString(0), Name = row.GetString(1), Role = RoleNames.Parse(row.GetString(2)) ?? Role.Viewer, Scope = Converters.Read<AccessScope>(row.GetString(3)) },
            cancellationToken, user, session, time.GetUtcNow());
        return found is not null && await BotsThatAreLeft.OfAsync(database, found.Scope, cancellationToken) is (true, var bots)
            ? new FoundCaller(null, FindCaller.OfUser(user, found.Email, found.Name, found.Role, found.Scope, bots))
            : null;
    }

    public Task<Page<User>> ListAsync(PageRequest page, CancellationToken cancellationToken) => database.ReadAsync(
        async db =>
        {
            var users = db.Users.AsNoTracking();
            if (page.Cursor is { } cursor)
            {
                var after = Cursor.ToId(ListName, cursor);
                users = users.Where(u => u.Id > after);
            }
            var items = await users.OrderBy(u => u.Id).Take(page.Limit + 1).ToListAsync(cancellationToken);
            return Pages.Of(items, page, u => Cursor.Encode(ListName, u.Id));
        },
        cancellationToken);

    public async Task<bool> AddAsync(User user, AuditEntry audit, CancellationToken cancellationToken)
    {
        try
        {
            await database.WriteAsync(
                db =>
                {
                    db.Users.Add(user);
                    db.Note(audit);
                    return db.SaveChangesAsync(cancellationToken);
                },
                cancellationToken);
            return true;
        }
        catch (DbUpdateException e) when (Pages.IsUniqueViolation(e))
        {
            return false;
        }
    }

    public async Task<User?> ChangeAsync(Guid id, Func<User, AuditEntry> change, bool endSessions, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await database.WriteAsync(
                    async db =>
                    {
                        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
                        if (await db.Users.SingleOrDefaultAsync(u => u.Id == id, cancellationToken) is not { } user)
                        {
                            return null;
                        }
                        db.Note(change(user));
                        await db.SaveChangesAsync(cancellationToken);
                        if (endSessions)
                        {
                            var now = time.GetUtcNow();
                            await db.Sessions.Where(s => s.UserId == id && s.EndedAt == null).ExecuteUpdateAsync(set => set.SetProperty(s => s.EndedAt, now), cancellationToken);
                        }
                        await transaction.CommitAsync(cancellationToken);
                        return user;
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
            if (await db.Users.Where(u => u.Id == id).ExecuteDeleteAsync(cancellationToken) == 0)
            {
                return false;
            }
            db.Note(audit);
            await db.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return true;
        },
        cancellationToken);

    public Task BeginSessionAsync(Guid user, Guid session, string hash, DateTimeOffset expiresAt, AuditEntry audit, CancellationToken cancellationToken) => database.WriteAsync(
        async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            db.Sessions.Add(new Session { Id = session, UserId = user, CreatedAt = audit.At, ExpiresAt = expiresAt });
            db.RefreshTokens.Add(new RefreshToken { Hash = hash, SessionId = session });
            db.Note(audit);
            await db.SaveChangesAsync(cancellationToken);
            // Not a change of the user: whoever edits them meanwhile is not disturbed.
            await db.Users.Where(u => u.Id == user).ExecuteUpdateAsync(set => set.SetProperty(u => u.LastLoginAt, audit.At), cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return true;
        },
        cancellationToken);

    public Task<RefreshOutcome> RefreshAsync(string hash, string nextHash, DateTimeOffset expiresAt, CancellationToken cancellationToken) => database.WriteAsync(
        async db =>
        {
            var now = time.GetUtcNow();
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            // The update locks the token's row: of several at once one exchanges it.
            var exchanged = await db.RefreshTokens.Where(t => t.Hash == hash && t.UsedAt == null)
                .ExecuteUpdateAsync(set => set.SetProperty(t => t.UsedAt, now), cancellationToken) > 0;
            if (await db.RefreshTokens.Where(t => t.Hash == hash).Join(db.Sessions, t => t.SessionId, s => s.Id, (_, s) => s)
                .AsNoTracking().SingleOrDefaultAsync(cancellationToken) is not { } session)
            {
                return RefreshOutcome.Unknown;
            }
            if (!exchanged)
            {
                var ended = await db.Sessions.Where(s => s.Id == session.Id && s.EndedAt == null).ExecuteUpdateAsync(set => set.SetProperty(s => s.EndedAt, now), cancellationToken);
                await transaction.CommitAsync(cancellationToken);
                return new RefreshOutcome(false, ended > 0, session.UserId, session.Id);
            }
            if (session.EndedAt is not null || session.ExpiresAt <= now || !await db.Users.AnyAsync(u => u.Id == session.UserId && u.DisabledAt == null, cancellationToken))
            {
                return RefreshOutcome.Unknown;
            }
            db.RefreshTokens.Add(new RefreshToken { Hash = nextHash, SessionId = session.Id });
            await db.SaveChangesAsync(cancellationToken);
            await db.Sessions.Where(s => s.Id == session.Id).ExecuteUpdateAsync(set => set.SetProperty(s => s.ExpiresAt, expiresAt), cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return new RefreshOutcome(true, false, session.UserId, session.Id);
        },
        cancellationToken);

    public Task<(Guid User, Guid Session)?> EndSessionAsync(string hash, CancellationToken cancellationToken) => database.WriteAsync<(Guid, Guid)?>(
        async db =>
        {
            var now = time.GetUtcNow();
            if (await db.RefreshTokens.Where(t => t.Hash == hash).Join(db.Sessions, t => t.SessionId, s => s.Id, (_, s) => s)
                .AsNoTracking().SingleOrDefaultAsync(cancellationToken) is not { EndedAt: null } session)
            {
                return null;
            }
            await db.Sessions.Where(s => s.Id == session.Id).ExecuteUpdateAsync(set => set.SetProperty(s => s.EndedAt, now), cancellationToken);
            return (session.UserId, session.Id);
        },
        cancellationToken);
}
