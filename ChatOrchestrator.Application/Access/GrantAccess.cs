using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Access;
using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Application.Access;

/// <summary>Nobody gives away more than they have: not a higher role than their own, and a permission only if they have it.</summary>
public sealed class GrantAccess(IBotStore bots)
{
    /// <exception cref="AccessRefusedException">The caller's role is lower.</exception>
    public static void RequireRole(Caller caller, Role role)
    {
        if (role > caller.Role)
        {
            throw new AccessRefusedException("Only somebody of the same role or a higher one may do that.");
        }
    }

    /// <summary>Whoever gets hold of a key or a password can do what it may: so one must be able to do all of it.</summary>
    /// <exception cref="AccessRefusedException">The caller's role is lower, or a permission is missing.</exception>
    public static void RequireCovers(Caller caller, Role role, AccessScope scope)
    {
        RequireRole(caller, role);
        if (Permissions.All.Any(p => Permissions.Grants(role, p) && (scope.Permissions is null || scope.Permissions.Contains(p)) && !caller.May(p)))
        {
            throw new AccessRefusedException("Only somebody who has a permission may give it.");
        }
    }

    /// <summary>The role and the limits that are asked for, when the caller may give them.</summary>
    /// <param name="role">By its name.</param>
    /// <exception cref="InvalidInputException">There is no such role, permission or bot, or the role does not have the permission.</exception>
    /// <exception cref="AccessRefusedException">The caller does not have what is asked for.</exception>
    public async Task<(Role Role, AccessScope Scope)> HandleAsync(
        Caller caller, string? role, IReadOnlyList<Guid>? botIds, IReadOnlyList<string>? permissions, CancellationToken cancellationToken)
    {
        var wanted = RoleNames.Parse(role) ?? throw new InvalidInputException("role", "role is 'viewer', 'agent', 'admin' or 'owner'.");
        RequireRole(caller, wanted);
        var scope = new AccessScope(botIds, permissions).Validated();
        if (scope.Permissions?.FirstOrDefault(p => !Permissions.Grants(wanted, p)) is { } unknown)
        {
            throw new InvalidInputException("permissions", Permissions.All.Contains(unknown)
                ? $"The role does not have the permission '{unknown}'."
                : $"The permissions are: {string.Join(", ", Permissions.All.Order(StringComparer.Ordinal))}.");
        }
        RequireCovers(caller, wanted, scope);
        foreach (var bot in scope.BotIds ?? [])
        {
            _ = await bots.FindAsync(new BotId(bot), cancellationToken) ?? throw new InvalidInputException("botIds", "There is no such bot.");
        }
        return (wanted, scope);
    }
}

/// <summary>The caller is known, but may not do this: 403.</summary>
public sealed class AccessRefusedException(string message) : Exception(message);
