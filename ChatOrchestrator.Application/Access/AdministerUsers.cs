using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain;
using ChatOrchestrator.Domain.Access;

namespace ChatOrchestrator.Application.Access;

/// <summary>What a caller says about a user. In a change null means: it stays.</summary>
public sealed record UserInput(
    string? Email, string? Name, string? Password, string? Role, IReadOnlyList<Guid>? BotIds, IReadOnlyList<string>? Permissions, bool Disabled = false);

/// <summary>Makes, shows, changes and deletes users.</summary>
public sealed class AdministerUsers(IUserStore users, IPasswords passwords, GrantAccess grant, FindCaller callers, TimeProvider time)
{
    public const int MinPasswordLength = 12;

    /// <summary>Longer ones cost time and protect no better.</summary>
    public const int MaxPasswordLength = 128;

    /// <exception cref="InvalidInputException">The password is too short, the address taken, or there is no such role, permission or bot.</exception>
    /// <exception cref="DomainException">A value lies outside its limits.</exception>
    /// <exception cref="AccessRefusedException">The caller does not have what is asked for.</exception>
    public async Task<User> CreateAsync(UserInput input, Caller caller, Actor actor, CancellationToken cancellationToken)
    {
        var email = User.Normalize(input.Email);
        RequirePassword(input.Password, email);
        var (role, scope) = await grant.HandleAsync(caller, input.Role, input.BotIds, input.Permissions, cancellationToken);
        var now = time.GetUtcNow();
        var user = new User(email, input.Name ?? "", role, scope, passwords.Hash(input.Password!), now);
        return await users.AddAsync(user, Audit(actor, "user.created", user.Id, now, null, View(user)), cancellationToken)
            ? user
            : throw new InvalidInputException("email", "The address is taken.");
    }

    public Task<Page<User>> ListAsync(PageRequest page, CancellationToken cancellationToken) => users.ListAsync(page, cancellationToken);

    /// <exception cref="NotFoundException">There is no such user.</exception>
    public async Task<User> ReadAsync(Guid id, CancellationToken cancellationToken) => await users.FindAsync(id, cancellationToken) ?? throw new NotFoundException("user");

    /// <summary>A new password, and being disabled, ends every session of the user.</summary>
    /// <param name="merge">Makes the new input from what is stored; a password of null stays.</param>
    /// <param name="expected">The versions that the caller has read, or null for any.</param>
    /// <exception cref="NotFoundException">There is no such user.</exception>
    /// <exception cref="StaleVersionException">The user has another version.</exception>
    /// <exception cref="InvalidInputException">The password is too short, or there is no such role, permission or bot.</exception>
    /// <exception cref="AccessRefusedException">The user has a higher role than the caller, or would get one.</exception>
    public async Task<User> ChangeAsync(Guid id, Func<UserInput, UserInput> merge, ExpectedVersions? expected, Caller caller, Actor actor, CancellationToken cancellationToken)
    {
        var known = await ReadAsync(id, cancellationToken);
        GrantAccess.RequireRole(caller, known.Role);
        var stored = new UserInput(known.Email, known.Name, null, RoleNames.Of(known.Role), known.Scope.BotIds, known.Scope.Permissions, known.DisabledAt is not null);
        var input = merge(stored);
        if (input.Email != known.Email)
        {
            throw new InvalidInputException("email", "The address cannot be changed.");
        }
        if (input.Password is not null)
        {
            RequirePassword(input.Password, known.Email);
        }
        var (role, scope) = await grant.HandleAsync(caller, input.Role, input.BotIds, input.Permissions, cancellationToken);
        var hash = input.Password is null ? null : passwords.Hash(input.Password);
        var version = known.Version;
        var user = await users.ChangeAsync(
            id,
            u =>
            {
                if (u.Version != version || expected?.Include(u.Version) == false)
                {
                    throw new StaleVersionException();
                }
                var (now, before) = (time.GetUtcNow(), View(u));
                u.Change(input.Name ?? "", role, scope, input.Disabled, now);
                if (hash is not null)
                {
                    u.ChangePassword(hash, now);
                }
                return Audit(actor, "user.changed", id, now, before, View(u), hash is null ? null : new { passwordChanged = true });
            },
            endSessions: hash is not null || input.Disabled,
            cancellationToken) ?? throw new NotFoundException("user");
        callers.Changed();
        return user;
    }

    /// <exception cref="NotFoundException">There is no such user.</exception>
    /// <exception cref="AccessRefusedException">The user has a higher role than the caller.</exception>
    public async Task DeleteAsync(Guid id, ExpectedVersions? expected, Caller caller, Actor actor, CancellationToken cancellationToken)
    {
        var user = await ReadAsync(id, cancellationToken);
        GrantAccess.RequireRole(caller, user.Role);
        if (expected?.Include(user.Version) == false)
        {
            throw new StaleVersionException();
        }
        if (!await users.DeleteAsync(id, Audit(actor, "user.deleted", id, time.GetUtcNow(), View(user), null), cancellationToken))
        {
            throw new NotFoundException("user");
        }
        callers.Changed();
    }

    private static void RequirePassword(string? password, string email)
    {
        if (password is not { Length: >= MinPasswordLength and <= MaxPasswordLength } || string.Equals(password, email, StringComparison.OrdinalIgnoreCase))
        {
            throw new InvalidInputException("password", $"password must have {MinPasswordLength} to {MaxPasswordLength} characters and not be the address.");
        }
    }

    private static object View(User user) => new { user.Email, user.Name, user.Role, user.Scope.BotIds, user.Scope.Permissions, user.DisabledAt };

    private static AuditEntry Audit(Actor actor, string action, Guid id, DateTimeOffset now, object? before, object? after, object? detail = null) =>
        AuditEntry.Of(actor, action, "user", id, now, detail: detail, before: before, after: after);
}
