using System.Text.Json;
using System.Text.Json.Nodes;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Net;

namespace ChatOrchestrator.Infrastructure.Notifications;

/// <summary>Reads the settings of rules.</summary>
internal static class ChannelSettings
{
    private const int MaxAddressLength = 2_048;

    public static IEnumerable<FieldError> Unknown(JsonObject settings, IReadOnlyDictionary<string, string> secrets, string[] knownSettings, string[] knownSecrets) =>
    [
        .. settings.Select(s => s.Key).Except(knownSettings).Select(name => new FieldError($"settings.{name}", $"There is no setting '{name}' here; there is {string.Join(", ", knownSettings)}.")),
        .. secrets.Keys.Except(knownSecrets).Select(name => new FieldError($"secrets.{name}", $"There is no secret '{name}' here.")),
    ];

    public static string? Text(JsonObject settings, string name) => settings[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    public static string? Text(JsonElement settings, string name) =>
        settings.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>What is wrong with an address that a user gives; null: it may be called, as far as one can tell now. It is checked again at each call.</summary>
    public static async Task<FieldError?> CheckAddressAsync(JsonObject settings, string name, OutboundGuard guard, CancellationToken cancellationToken)
    {
        var field = $"settings.{name}";
        if (Text(settings, name) is not { Length: <= MaxAddressLength } text
            || !Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("https" or "http") || url.UserInfo.Length > 0 || url.Fragment.Length > 0)
        {
            return new FieldError(field, $"{field} is an https (or http) address without a user and a fragment, of at most {MaxAddressLength:#,0} characters.");
        }
        return await guard.MayCallAsync(url.IdnHost, cancellationToken)
            ? null
            : new FieldError(field, $"{field} leads to an address that is not on the public internet. Outbound:AllowedNetworks names networks that may be called all the same.");
    }
}
