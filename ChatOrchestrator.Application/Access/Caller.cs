using ChatOrchestrator.Domain.Access;
using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Application.Access;

/// <summary>Who calls the API, and what they may do there now.</summary>
public sealed record Caller
{
    /// <summary>What people read: the key's or the user's name.</summary>
    public required string Name { get; init; }

    /// <summary>As the audit log names them: <c>owner</c> for the configured key, otherwise <c>key:{name}/{id}</c>, <c>user:{email}/{id}</c> or <c>oidc:{name}/{subject}</c>.</summary>
    public required string Actor { get; init; }

    public required Role Role { get; init; }

    /// <summary>Whose access token would be: <c>owner:{stamp}</c>, <c>key:{id}</c>, <c>user:{id}</c>.</summary>
    public required string Subject { get; init; }

    /// <summary>Changes when access tokens that were issued before are to be refused.</summary>
    public int Stamp { get; init; }

    /// <summary>The only permissions of the role that they have; null: all of them.</summary>
    public IReadOnlyList<string>? OnlyPermissions { get; init; }

    public BotScope Bots { get; init; } = BotScope.All;

    /// <summary>When what was presented stops working; null: it does not by itself.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public bool May(string permission) =>
        Permissions.Grants(Role, permission) && (OnlyPermissions is null || permission == Permissions.Self || OnlyPermissions.Contains(permission));

    public IEnumerable<string> EffectivePermissions => Permissions.All.Where(May).Order(StringComparer.Ordinal);
}

/// <summary>The bots that somebody sees.</summary>
/// <param name="Only">The only ones; null: all.</param>
public sealed record BotScope(IReadOnlyList<BotId>? Only)
{
    public static BotScope All { get; } = new((IReadOnlyList<BotId>?)null);

    public bool IsLimited => Only is not null;

    public bool Contains(BotId bot) => Only is null || Only.Contains(bot);
}

/// <summary>Who does something, and from where: what the audit log is told.</summary>
/// <param name="Name">As <see cref="Caller.Actor"/>.</param>
/// <param name="Address">The network address they call from; null: not by network.</param>
public sealed record Actor(string Name, string? Address = null);
