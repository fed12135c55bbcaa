using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain;
using ChatOrchestrator.Domain.Access;

namespace ChatOrchestrator.Application.Access;

/// <summary>A session that was begun or renewed.</summary>
/// <param name="Refresh">Exchanged once for the next; shown now and never again.</param>
public sealed record SignedIn(Guid User, Guid Session, RandomSecret Refresh);

/// <summary>The sign-in was refused: 401. It does not say what was wrong.</summary>
public sealed class SignInRefusedException() : Exception("The sign-in was refused.");

/// <summary>Too many failures: 429.</summary>
/// <param name="wait">For how long nobody may try again.</param>
public sealed class SignInPausedException(TimeSpan wait) : Exception("There were too many failures; try again later.")
{
    public TimeSpan Wait { get; } = wait;
}

/// <summary>
/// People sign in with a password, and stay so with refresh tokens. Failures are counted per account and per address, whether
/// or not there is such an account, and every answer takes as long.
/// </summary>
public sealed class SignIn(IUserStore users, IPasswords passwords, ILoginAttempts attempts, FindCaller callers, IAuditLog log, TimeProvider time)
{
    private const string Kind = "cor_";
    private const int FreePerAccount = 5;
    private const int FreePerAddress = 50;

    /// <summary>How long a session lasts after it was last renewed.</summary>
    private static readonly TimeSpan SessionLife = TimeSpan.FromDays(14);

    /// <exception cref="SignInRefusedException">There is no such user, the password is wrong, or the user may not sign in.</exception>
    /// <exception cref="SignInPausedException">There were too many failures.</exception>
    public async Task<SignedIn> LoginAsync(string? email, string? password, string? address, CancellationToken cancellationToken)
    {
        var name = Normalized(email);
        var (account, source) = ("account:" + RandomSecret.HashOf(name ?? email ?? ""), "address:" + (address ?? "none"));
        var actor = new Actor("anonymous", address);
        if (await attempts.BeginAsync(source, FreePerAddress, cancellationToken) is { } toAll)
        {
            throw new SignInPausedException(toAll);
        }
        if (await attempts.BeginAsync(account, FreePerAccount, cancellationToken) is { } toAccount)
        {
            throw new SignInPausedException(toAccount);
        }
        var user = name is null ? null : await users.FindByEmailAsync(name, cancellationToken);
        var given = password is { Length: > 0 and <= AdministerUsers.MaxPasswordLength } ? password : null;
        var verified = await passwords.VerifyAsync(given is null ? null : user?.PasswordHash, given ?? "-", cancellationToken);
        if (!verified || user is not { DisabledAt: null })
        {
            await log.AppendAsync(AuditEntry.Of(actor, "login.failed", "user", user?.Id.ToString() ?? "unknown", time.GetUtcNow()), cancellationToken);
            throw new SignInRefusedException();
        }
        await attempts.SucceededAsync(account, forget: true, cancellationToken);
        await attempts.SucceededAsync(source, forget: false, cancellationToken);
        var now = time.GetUtcNow();
        var refresh = RandomSecret.New(Kind);
        var session = Guid.CreateVersion7(now);
        var who = new Actor(FindCaller.Of(user, null).Actor, address);
        var audit = AuditEntry.Of(who, "login.succeeded", "user", user.Id, now, detail: new { session });
        await users.BeginSessionAsync(user.Id, session, refresh.Hash, now + SessionLife, audit, cancellationToken);
        return new SignedIn(user.Id, session, refresh);
    }

    /// <exception cref="SignInRefusedException">The token is unknown, has expired, or was exchanged before.</exception>
    public async Task<SignedIn> RefreshAsync(string? token, string? address, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(token) || token.Length > 200)
        {
            throw new SignInRefusedException();
        }
        var next = RandomSecret.New(Kind);
        var outcome = await users.RefreshAsync(RandomSecret.HashOf(token), next.Hash, time.GetUtcNow() + SessionLife, cancellationToken);
        if (outcome.Reused)
        {
            callers.Changed();
            await log.AppendAsync(
                AuditEntry.Of(new Actor("anonymous", address), "session.reuse_detected", "user", outcome.User, time.GetUtcNow(), detail: new { session = outcome.Session }),
                cancellationToken);
        }
        return outcome.Renewed ? new SignedIn(outcome.User, outcome.Session, next) : throw new SignInRefusedException();
    }

    /// <summary>Ends the session of a refresh token; its access tokens are refused from now on. What is unknown has ended already.</summary>
    public async Task LogoutAsync(string? token, string? address, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(token) || token.Length > 200
            || await users.EndSessionAsync(RandomSecret.HashOf(token), cancellationToken) is not var (user, session))
        {
            return;
        }
        callers.Changed();
        await log.AppendAsync(
            AuditEntry.Of(new Actor("anonymous", address), "session.ended", "user", user, time.GetUtcNow(), detail: new { session }), cancellationToken);
    }

    private static string? Normalized(string? email)
    {
        try
        {
            return User.Normalize(email);
        }
        catch (DomainException)
        {
            return null;
        }
    }
}
