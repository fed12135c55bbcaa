using ChatOrchestrator.Domain.Access;

namespace ChatOrchestrator.Application.Access;

/// <summary>What can be allowed. Every endpoint needs exactly one of these; the table in docs/permissions.md is made from them.</summary>
public static class Permissions
{
    public const string BotsRead = "bots:read";
    public const string BotsWrite = "bots:write";
    public const string ConnectionsRead = "connections:read";
    public const string ConnectionsWrite = "connections:write";
    public const string ConversationsRead = "conversations:read";
    public const string ConversationsWrite = "conversations:write";
    public const string ConversationsExport = "conversations:export";
    public const string ParticipantsRead = "participants:read";

    /// <summary>To give away, or to erase, everything about a person.</summary>
    public const string ParticipantsPrivacy = "participants:privacy";

    public const string DeadLettersRead = "dead_letters:read";
    public const string DeadLettersWrite = "dead_letters:write";
    public const string LanesRead = "lanes:read";
    public const string PlatformsRead = "platforms:read";
    public const string AnalyticsRead = "analytics:read";
    public const string NotificationsRead = "notifications:read";
    public const string NotificationsWrite = "notifications:write";
    public const string AuditRead = "audit:read";
    public const string ApiKeysRead = "api_keys:read";
    public const string ApiKeysWrite = "api_keys:write";
    public const string UsersRead = "users:read";
    public const string UsersWrite = "users:write";

    /// <summary>To know oneself: every caller may.</summary>
    public const string Self = "self";

    private static readonly Dictionary<string, Role> LowestRoles = new(StringComparer.Ordinal)
    {
        [Self] = Role.Viewer,
        [BotsRead] = Role.Viewer,
        [ConnectionsRead] = Role.Viewer,
        [ConversationsRead] = Role.Viewer,
        [DeadLettersRead] = Role.Viewer,
        [LanesRead] = Role.Viewer,
        [PlatformsRead] = Role.Viewer,
        [AnalyticsRead] = Role.Viewer,
        [ParticipantsRead] = Role.Viewer,
        [ParticipantsPrivacy] = Role.Admin,
        [ConversationsWrite] = Role.Agent,
        [ConversationsExport] = Role.Agent,
        [DeadLettersWrite] = Role.Agent,
        [BotsWrite] = Role.Admin,
        [ConnectionsWrite] = Role.Admin,
        [NotificationsRead] = Role.Admin,
        [NotificationsWrite] = Role.Admin,
        [AuditRead] = Role.Admin,
        [ApiKeysRead] = Role.Admin,
        [ApiKeysWrite] = Role.Admin,
        [UsersRead] = Role.Admin,
        [UsersWrite] = Role.Admin,
    };

    public static IReadOnlyCollection<string> All => LowestRoles.Keys;

    /// <summary>The lowest role that has a permission.</summary>
    public static Role LowestRole(string permission) => LowestRoles[permission];

    public static bool Grants(Role role, string permission) => LowestRoles.TryGetValue(permission, out var lowest) && role >= lowest;
}
