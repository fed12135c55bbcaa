using ChatOrchestrator.Domain.Access;

namespace ChatOrchestrator.Application.Access;

/// <summary>The roles as stable words.</summary>
public static class RoleNames
{
    public static string Of(Role role) => role switch
    {
        Role.Viewer => "viewer",
        Role.Agent => "agent",
        Role.Admin => "admin",
        _ => "owner",
    };

    /// <returns>Null: there is no such role.</returns>
    public static Role? Parse(string? name) => name switch
    {
        "viewer" => Role.Viewer,
        "agent" => Role.Agent,
        "admin" => Role.Admin,
        "owner" => Role.Owner,
        _ => null,
    };
}
