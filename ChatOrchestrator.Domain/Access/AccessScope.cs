namespace ChatOrchestrator.Domain.Access;

/// <summary>What a key or a user is limited to, beyond its role.</summary>
/// <param name="BotIds">The only bots it sees; null: all, also those to come.</param>
/// <param name="Permissions">The only permissions of its role that it has; null: all of them.</param>
public sealed record AccessScope(IReadOnlyList<Guid>? BotIds = null, IReadOnlyList<string>? Permissions = null)
{
    /// <summary>The most bots that one key or user is limited to.</summary>
    public const int MaxBots = 100;

    public static AccessScope Everything { get; } = new();

    /// <exception cref="DomainException">A list is empty or too long.</exception>
    public AccessScope Validated()
    {
        if (BotIds is { Count: 0 or > MaxBots })
        {
            throw new DomainException("botIds", $"botIds must name 1 to {MaxBots} bots, or be left out for all bots.");
        }
        return Permissions is { Count: 0 }
            ? throw new DomainException("permissions", "permissions must name at least one, or be left out for all of the role's.")
            : new AccessScope(BotIds?.Distinct().ToArray(), Permissions?.Distinct().Order(StringComparer.Ordinal).ToArray());
    }
}
