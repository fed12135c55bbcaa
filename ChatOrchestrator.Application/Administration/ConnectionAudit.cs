using System.Text.Json;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Application.Administration;

/// <summary>What the audit log says about connections: of the secrets that they are there.</summary>
internal static class ConnectionAudit
{
    private const string Masked = "***";

    public static object View(PlatformConnection connection, IEnumerable<string> secretNames)
    {
        using var settings = JsonDocument.Parse(connection.Settings);
        return new
        {
            platform = connection.Platform.Value,
            connection.DisplayName,
            settings = settings.RootElement.Clone(),
            secrets = secretNames.Order(StringComparer.Ordinal).ToDictionary(name => name, _ => Masked),
            connection.DisabledReason,
        };
    }

    public static AuditEntry Of(
        Actor actor, string action, PlatformConnection connection, DateTimeOffset now, object? before = null, object? after = null, object? detail = null) =>
        AuditEntry.Of(actor, action, "connection", connection.Id, now, connection.BotId, detail, before, after);
}
