using System.Security.Cryptography;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Infrastructure.Persistence.Model;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Infrastructure.Persistence.Administration;

internal sealed class LoginAttempts(ChatDatabase database, TimeProvider time) : ILoginAttempts
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(15);

    /// <summary>After so long without a failure the count starts anew.</summary>
    internal static readonly TimeSpan Memory = TimeSpan.FromHours(1);

    public async Task<TimeSpan?> BeginAsync(string key, int free, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                if (await database.WriteAsync(db => TryBeginAsync(db, key, free, cancellationToken), cancellationToken) is { } begun)
                {
                    return begun.Pause;
                }
            }
            catch (DbUpdateException e) when (Pages.IsUniqueViolation(e))
            {
                // Somebody else's attempt was the first.
            }
        }
    }

    public Task SucceededAsync(string key, bool forget, CancellationToken cancellationToken) => database.WriteAsync(
        db => forget
            ? db.LoginFailures.Where(f => f.Key == key).ExecuteDeleteAsync(cancellationToken)
            : db.LoginFailures.Where(f => f.Key == key && f.Failures > 0)
                .ExecuteUpdateAsync(set => set.SetProperty(f => f.Failures, f => f.Failures - 1).SetProperty(f => f.PausedUntil, f => f.LastAt), cancellationToken),
        cancellationToken);

    /// <summary>Null: another attempt came in between; look again.</summary>
    private async Task<(bool Counted, TimeSpan? Pause)?> TryBeginAsync(ChatDbContext db, string key, int free, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var known = await db.LoginFailures.AsNoTracking().SingleOrDefaultAsync(f => f.Key == key, cancellationToken);
        if (known is null)
        {
            db.LoginFailures.Add(new LoginFailures { Key = key, Failures = 1, PausedUntil = now, LastAt = now });
            await db.SaveChangesAsync(cancellationToken);
            return (true, null);
        }
        if (known.PausedUntil > now)
        {
            return (false, known.PausedUntil - now);
        }
        var failures = known.LastAt + Memory < now ? 1 : known.Failures + 1;
        var pause = failures < free ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(Math.Pow(2, Math.Min(failures - free, 20)), LongestPause.TotalSeconds));
        // Counted before it is made: of many at once each counts.
        return await db.LoginFailures.Where(f => f.Key == key && f.Failures == known.Failures && f.LastAt == known.LastAt).ExecuteUpdateAsync(
            set => set.SetProperty(f => f.Failures, failures).SetProperty(f => f.PausedUntil, now + pause).SetProperty(f => f.LastAt, now), cancellationToken) > 0
            ? (true, null)
            : null;
    }
}

internal sealed class Passwords : IPasswords, IDisposable
{
    /// <summary>https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#pbkdf2 for HMAC-SHA512.</summary>
    private const int Iterations = 210_000;

    private static readonly object Nobody = new();

    private readonly PasswordHasher<object> _hasher = new(Options.Create(new PasswordHasherOptions { IterationCount = Iterations }));

    /// <summary>Each costs a tenth of a second of one core: the others of this process shall not starve.</summary>
    private readonly SemaphoreSlim _places = new(Math.Max(1, Environment.ProcessorCount / 2));

    private readonly string _nobodys;

    public Passwords() => _nobodys = _hasher.HashPassword(Nobody, Convert.ToHexString(RandomNumberGenerator.GetBytes(16)));

    public void Dispose() => _places.Dispose();

    public string Hash(string password) => _hasher.HashPassword(Nobody, password);

    public async Task<bool> VerifyAsync(string? hash, string password, CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken);
        try
        {
            var result = _hasher.VerifyHashedPassword(Nobody, hash ?? _nobodys, password);
            return hash is not null && result != PasswordVerificationResult.Failed;
        }
        finally
        {
            _places.Release();
        }
    }
}

internal sealed class SharedSecrets(ChatDatabase database, IDataProtectionProvider protection) : ISharedSecrets
{
    private readonly IDataProtector _protector = protection.CreateProtector("shared-secrets", "v1");

    public async Task<byte[]> GetAsync(string name, int bytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            var stored = await database.ReadAsync(db => db.SharedSecrets.AsNoTracking().SingleOrDefaultAsync(s => s.Name == name, cancellationToken), cancellationToken);
            if (stored is not null && Unprotect(stored.Protected) is { } known)
            {
                return known;
            }
            var made = RandomNumberGenerator.GetBytes(bytes);
            var hidden = Convert.ToBase64String(_protector.Protect(made));
            try
            {
                // One that cannot be read any more (the key ring was lost) is replaced; whoever is first wins.
                var won = await database.WriteAsync(
                    async db =>
                    {
                        if (stored is not null)
                        {
                            return await db.SharedSecrets.Where(s => s.Name == name && s.Protected == stored.Protected)
                                .ExecuteUpdateAsync(set => set.SetProperty(s => s.Protected, hidden), cancellationToken) > 0;
                        }
                        db.SharedSecrets.Add(new SharedSecret { Name = name, Protected = hidden });
                        return await db.SaveChangesAsync(cancellationToken) > 0;
                    },
                    cancellationToken);
                if (won)
                {
                    return made;
                }
            }
            catch (DbUpdateException e) when (Pages.IsUniqueViolation(e))
            {
                // Another process was first: its secret is everybody's.
            }
        }
    }

    private byte[]? Unprotect(string text)
    {
        try
        {
            return _protector.Unprotect(Convert.FromBase64String(text));
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            return null;
        }
    }
}

internal sealed class IdempotencyStore(ChatDatabase database, IDataProtectionProvider protection, TimeProvider time) : IIdempotencyStore
{
    internal static readonly TimeSpan Life = TimeSpan.FromHours(24);

    private readonly IDataProtector _protector = protection.CreateProtector("idempotency", "v1");

    public async Task<KeptAnswer?> ReserveAsync(string caller, string key, string requestHash, CancellationToken cancellationToken)
    {
        while (true)
        {
            var now = time.GetUtcNow();
            var kept = await database.WriteAsync(
                async db =>
                {
                    var oldest = now - Life;
                    await db.IdempotencyKeys.Where(k => k.Caller == caller && k.Key == key && k.CreatedAt < oldest).ExecuteDeleteAsync(cancellationToken);
                    return await db.IdempotencyKeys.AsNoTracking().SingleOrDefaultAsync(k => k.Caller == caller && k.Key == key, cancellationToken);
                },
                cancellationToken);
            if (kept is not null)
            {
                return new KeptAnswer(kept.RequestHash, kept.Answer is null ? null : _protector.Unprotect(kept.Answer), kept.CreatedAt);
            }
            try
            {
                await database.WriteAsync(
                    db =>
                    {
                        db.IdempotencyKeys.Add(new IdempotencyKey { Caller = caller, Key = key, RequestHash = requestHash, CreatedAt = now });
                        return db.SaveChangesAsync(cancellationToken);
                    },
                    cancellationToken);
                return null;
            }
            catch (DbUpdateException e) when (Pages.IsUniqueViolation(e))
            {
                // Somebody else came first; look at theirs.
            }
        }
    }

    public Task KeepAsync(string caller, string key, byte[] answer, CancellationToken cancellationToken)
    {
        var hidden = _protector.Protect(answer);
        return database.WriteAsync(
            db => db.IdempotencyKeys.Where(k => k.Caller == caller && k.Key == key).ExecuteUpdateAsync(set => set.SetProperty(k => k.Answer, hidden), cancellationToken),
            cancellationToken);
    }

    public Task ReleaseAsync(string caller, string key, CancellationToken cancellationToken) => database.WriteAsync(
        db => db.IdempotencyKeys.Where(k => k.Caller == caller && k.Key == key && k.Answer == null).ExecuteDeleteAsync(cancellationToken), cancellationToken);
}

internal sealed class AccessUpkeepStore(ChatDatabase database, TimeProvider time) : IAccessUpkeep
{
    /// <summary>Sessions that have ended are kept for a while, so that an old refresh token is still recognised.</summary>
    private static readonly TimeSpan Recognised = TimeSpan.FromDays(7);

    public Task DeleteExpiredAsync(CancellationToken cancellationToken) => database.WriteAsync(
        async db =>
        {
            var now = time.GetUtcNow();
            var (sessions, failures, answers) = (now - Recognised, now - LoginAttempts.Memory, now - IdempotencyStore.Life);
            return await db.Sessions.Where(s => s.ExpiresAt < sessions).ExecuteDeleteAsync(cancellationToken)
                + await db.LoginFailures.Where(f => f.LastAt < failures && f.PausedUntil < now).ExecuteDeleteAsync(cancellationToken)
                + await db.IdempotencyKeys.Where(k => k.CreatedAt < answers).ExecuteDeleteAsync(cancellationToken);
        },
        cancellationToken);
}

internal sealed class BotOwnership(ChatDatabase database) : IBotOwnership
{
    public Task<BotId?> OfConnectionAsync(Guid id, CancellationToken cancellationToken)
    {
        var connection = new ConnectionId(id);
        return database.ReadAsync(db => db.Connections.Where(c => c.Id == connection).Select(c => (BotId?)c.BotId).SingleOrDefaultAsync(cancellationToken), cancellationToken);
    }

    public Task<BotId?> OfConversationAsync(Guid id, CancellationToken cancellationToken)
    {
        var conversation = new ConversationId(id);
        return database.ReadAsync(db => db.Conversations.Where(c => c.Id == conversation).Select(c => (BotId?)c.BotId).SingleOrDefaultAsync(cancellationToken), cancellationToken);
    }

    public Task<BotId?> OfMessageAsync(Guid id, CancellationToken cancellationToken) => database.ReadAsync(
        db => db.Messages.Where(m => m.Id == id).Join(db.Conversations, m => m.ConversationId, c => c.Id, (_, c) => (BotId?)c.BotId).SingleOrDefaultAsync(cancellationToken),
        cancellationToken);

    public Task<BotId?> OfDeadLetterAsync(Guid id, CancellationToken cancellationToken) => database.ReadAsync(
        db => db.DeadLetters.Where(d => d.Id == id).Join(db.Conversations, d => d.ConversationId, c => c.Id, (_, c) => (BotId?)c.BotId).SingleOrDefaultAsync(cancellationToken),
        cancellationToken);

    public Task<BotId?> OfParticipantAsync(Guid id, CancellationToken cancellationToken) => database.ReadAsync(
        db => db.Participants.Where(p => p.Id == id).Join(db.Connections, p => p.ConnectionId, c => c.Id, (_, c) => (BotId?)c.BotId).SingleOrDefaultAsync(cancellationToken),
        cancellationToken);

    public Task<BotId?> OfErasureAsync(Guid id, CancellationToken cancellationToken) => database.ReadAsync(
        db => db.Erasures.Where(e => e.Id == id).Join(db.Connections, e => e.ConnectionId, c => c.Id, (_, c) => (BotId?)c.BotId).SingleOrDefaultAsync(cancellationToken),
        cancellationToken);
}
