namespace ChatOrchestrator.Domain.Access;

/// <summary>A person who signs in with a password.</summary>
public sealed class User
{
    private User()
    {
    }

    public User(string email, string name, Role role, AccessScope scope, string passwordHash, DateTimeOffset now)
    {
        Id = Guid.CreateVersion7(now);
        Email = Normalize(email);
        PasswordHash = passwordHash;
        CreatedAt = now;
        Change(name, role, scope, disabled: false, now);
        Version = 1;
    }

    /// <summary>A UUIDv7.</summary>
    public Guid Id { get; private set; }

    /// <summary>What they sign in with; lower case, unique.</summary>
    public string Email { get; private set; } = "";

    /// <summary>What others read; 1 to 100 characters.</summary>
    public string Name { get; private set; } = "";

    public Role Role { get; private set; }

    public AccessScope Scope { get; private set; } = AccessScope.Everything;

    public string PasswordHash { get; private set; } = "";

    /// <summary>Since when they may not sign in; null: they may.</summary>
    public DateTimeOffset? DisabledAt { get; private set; }

    public DateTimeOffset? LastLoginAt { get; private set; }

    /// <summary>Counts all changes; a stale update is refused.</summary>
    public int Version { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset UpdatedAt { get; private set; }

    /// <exception cref="DomainException">It is no e-mail address.</exception>
    public static string Normalize(string? email)
    {
        var text = email?.Trim() ?? "";
        var at = text.IndexOf('@', StringComparison.Ordinal);
        return text.Length is >= 3 and <= 254 && at > 0 && at == text.LastIndexOf('@') && at < text.Length - 1 && !text.Any(c => char.IsControl(c) || char.IsWhiteSpace(c))
            ? text.ToLowerInvariant()
            : throw new DomainException("email", "email must be an address such as ada@example.org.");
    }

    /// <exception cref="DomainException">A value lies outside its limits; nothing was changed.</exception>
    public void Change(string name, Role role, AccessScope scope, bool disabled, DateTimeOffset now)
    {
        Require.Length("name", name?.Trim(), 1, 100);
        Scope = scope.Validated();
        Name = name!.Trim();
        Role = role;
        DisabledAt = disabled ? DisabledAt ?? now : null;
        Version++;
        UpdatedAt = now;
    }

    public void ChangePassword(string passwordHash, DateTimeOffset now)
    {
        PasswordHash = passwordHash;
        Version++;
        UpdatedAt = now;
    }

    public void SignedIn(DateTimeOffset now) => LastLoginAt = now;
}
