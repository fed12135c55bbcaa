using System.Data.Common;
using System.Security.Cryptography;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Infrastructure.Persistence.Model;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Infrastructure.Persistence.Administration;

internal sealed class LoginAttempts(ChatDatabase database, TimeProvider time) : ILoginAttempts
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(15);

    /// <summary>After so long without a failure the count starts anew.</summary>
    internal static readonly TimeSpan Memory = TimeSpan.FromHours(1);

    // $1 key.
    private const string Find = "SELECT failures, paused_until, last_at FROM login_failures WHERE key = $1";

    // $1 key, $2 now.
    private const string AddFirst = "INSERT INTO login_failures (key, failures, paused_until, last_at) VALUES ($1, 1, $2, $2) ON CONFLICT DO NOTHING";

    // $1 key, $2 and $3 the failures and the time that were read, $4 failures, $5 paused until, $6 now.
    private const string Count = "UPDATE login_failures SET failures = $4, paused_until = $5, last_at = $6 WHERE key = $1 AND failures = $2 AND last_at = $3";

    // $1 key.
    private const string Forget = "DELETE FROM login_failures WHERE key = $1";
    private const string TakeBack = "UPDATE login_failures SET failures = failures - 1, paused_until = last_at WHERE key = $1 AND failures > 0";

    public async Task<TimeSpan?> BeginAsync(string key, int free, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await database.TransactAsync(connection => TryBeginAsync(connection, key, free, cancellationToken), cancellationToken) is { } begun)
            {
                return begun.Pause;
            }
        }
    }

    public Task SucceededAsync(string key, bool forget, CancellationToken cancellationToken) => database.RunAsync(forget ? Forget : TakeBack, cancellationToken, key);

    /// <summary>Null: another attempt came in between; look again.</summary>
    private async Task<(bool Counted, TimeSpan? Pause)?> TryBeginAsync(DbConnection connection, string key, int free, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var known = (await connection.ListAsync(
            Find, row => new LoginFailures { Key = key, Failures = row.GetInt32(0), PausedUntil = row.GetTime(1), LastAt = row.GetTime(2) }, cancellationToken, key)).SingleOrDefault();
        if (known is null)
        {
            return await connection.RunAsync(AddFirst, cancellationToken, key, now) > 0 ? (true, null) : null;
        }
        if (known.PausedUntil > now)
        {
            return (false, known.PausedUntil - now);
        }
        var failures = known.LastAt + Memory < now ? 1 : known.Failures + 1;
        var pause = failures < free ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(Math.Pow(2, Math.Min(failures - free, 20)), LongestPause.TotalSeconds));
        // Counted before it is made: of many at once each counts.
        return await connection.RunAsync(Count, cancellationToken, key, known.Failures, known.LastAt, failures, now + pause, now) > 0 ? (true, null) : null;
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
    // $1 name.
    private const string Find = "SELECT protected FROM shared_secrets WHERE name = $1";

    // $1 name, $2 the secret.
    private const string AddFirst = "INSERT INTO shared_secrets (name, protected) VALUES ($1, $2) ON CONFLICT DO NOTHING";

    // $1 name, $2 the secret, $3 the one before.
    private const string Replace = "UPDATE shared_secrets SET protected = $2 WHERE name = $1 AND protected = $3";

    private readonly IDataProtector _protector = protection.CreateProtector("shared-secrets", "v1");

    public async Task<byte[]> GetAsync(string name, int bytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            var stored = await database.FindAsync(Find, row => row.GetString(0), cancellationToken, name);
            if (stored is not null && Unprotect(stored) is { } known)
            {
                return known;
            }
            var made = RandomNumberGenerator.GetBytes(bytes);
            var hidden = Convert.ToBase64String(_protector.Protect(made));
            // One that cannot be read any more (the key ring was lost) is replaced. Whoever is first wins: its secret is everybody's.
            if ((stored is null
                ? await database.RunAsync(AddFirst, cancellationToken, name, hidden)
                : await database.RunAsync(Replace, cancellationToken, name, hidden, stored)) > 0)
            {
                return made;
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

    // $1 caller, $2 key, $3 the oldest that count.
    private const string DeleteOld = "DELETE FROM idempotency_keys WHERE caller = $1 AND key = $2 AND created_at < $3";

    // $1 caller, $2 key, $3 the request's hash, $4 now.
    private const string AddFirst = "INSERT INTO idempotency_keys (caller, key, request_hash, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";

    // $1 caller, $2 key.
    private const string Find = "SELECT request_hash, answer, created_at FROM idempotency_keys WHERE caller = $1 AND key = $2";
    private const string Release = "DELETE FROM idempotency_keys WHERE caller = $1 AND key = $2 AND answer IS NULL";

    // $1 caller, $2 key, $3 the answer, encrypted.
    private const string Keep = "UPDATE idempotency_keys SET answer = $3 WHERE caller = $1 AND key = $2";

    private readonly IDataProtector _protector = protection.CreateProtector("idempotency", "v1");

    public async Task<KeptAnswer?> ReserveAsync(string caller, string key, string requestHash, CancellationToken cancellationToken)
    {
        while (true)
        {
            var now = time.GetUtcNow();
            var (isReserved, kept) = await database.TransactAsync(
                async connection =>
                {
                    await connection.RunAsync(DeleteOld, cancellationToken, caller, key, now - Life);
                    return await connection.RunAsync(AddFirst, cancellationToken, caller, key, requestHash, now) > 0
                        ? (true, null)
                        : (false, (await connection.ListAsync(Find, Read, cancellationToken, caller, key)).SingleOrDefault());
                },
                cancellationToken);
            // Neither: it was released in this moment.
            if (isReserved || kept is not null)
            {
                return kept;
            }
        }
    }

    public Task KeepAsync(string caller, string key, byte[] answer, CancellationToken cancellationToken) =>
        database.RunAsync(Keep, cancellationToken, caller, key, _protector.Protect(answer));

    public Task ReleaseAsync(string caller, string key, CancellationToken cancellationToken) => database.RunAsync(Release, cancellationToken, caller, key);

    /// <summary>The answer may hold a new API key, so it lies encrypted.</summary>
    private KeptAnswer Read(DbDataReader row) => new(row.GetString(0), row.IsDBNull(1) ? null : _protector.Unprotect(row.GetFieldValue<byte[]>(1)), row.GetTime(2));
}

internal sealed class AccessUpkeepStore(ChatDatabase database, TimeProvider time) : IAccessUpkeep
{
    /// <summary>Sessions that have ended are kept for a while, so that an old refresh token is still recognised.</summary>
    private static readonly TimeSpan Recognised = TimeSpan.FromDays(7);

    // $1 the oldest that are kept.
    private const string DeleteSessions = "DELETE FROM sessions WHERE expires_at < $1";
    private const string DeleteAnswers = "DELETE FROM idempotency_keys WHERE created_at < $1";

    // $1 the oldest that are kept, $2 now.
    private const string DeleteFailures = "DELETE FROM login_failures WHERE last_at < $1 AND paused_until < $2";

    public async Task DeleteExpiredAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await database.RunAsync(DeleteSessions, cancellationToken, now - Recognised);
        await database.RunAsync(DeleteFailures, cancellationToken, now - LoginAttempts.Memory, now);
        await database.RunAsync(DeleteAnswers, cancellationToken, now - IdempotencyStore.Life);
    }
}

internal sealed class BotOwnership(ChatDatabase database) : IBotOwnership
{
    // $1 id.
    private const string OfConnection = "SELECT bot_id FROM connections WHERE id = $1";
    private const string OfConversation = "SELECT bot_id FROM conversations WHERE id = $1";
    private const string OfMessage = "SELECT c.bot_id FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE m.id = $1";
    private const string OfDeadLetter = "SELECT c.bot_id FROM dead_letters d JOIN conversations c ON c.id = d.conversation_id WHERE d.id = $1";
    private const string OfParticipant = "SELECT c.bot_id FROM participants p JOIN connections c ON c.id = p.connection_id WHERE p.id = $1";
    private const string OfErasure = "SELECT c.bot_id FROM erasures e JOIN connections c ON c.id = e.connection_id WHERE e.id = $1";

    public Task<BotId?> OfConnectionAsync(Guid id, CancellationToken cancellationToken) => FindAsync(OfConnection, id, cancellationToken);

    public Task<BotId?> OfConversationAsync(Guid id, CancellationToken cancellationToken) => FindAsync(OfConversation, id, cancellationToken);

    public Task<BotId?> OfMessageAsync(Guid id, CancellationToken cancellationToken) => FindAsync(OfMessage, id, cancellationToken);

    public Task<BotId?> OfDeadLetterAsync(Guid id, CancellationToken cancellationToken) => FindAsync(OfDeadLetter, id, cancellationToken);

    public Task<BotId?> OfParticipantAsync(Guid id, CancellationToken cancellationToken) => FindAsync(OfParticipant, id, cancellationToken);

    public Task<BotId?> OfErasureAsync(Guid id, CancellationToken cancellationToken) => FindAsync(OfErasure, id, cancellationToken);

    private async Task<BotId?> FindAsync(string sql, Guid id, CancellationToken cancellationToken) =>
        (await database.ListAsync(sql, row => (BotId?)new BotId(row.GetGuid(0)), cancellationToken, id)).SingleOrDefault();
}
