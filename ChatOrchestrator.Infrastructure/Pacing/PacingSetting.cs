using System.Text.Json;
using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Infrastructure.Pacing;

/// <summary>The setting <c>pacing</c> of a connection, the same on every platform.</summary>
internal static class PacingSetting
{
    public const string Name = "pacing";

    /// <summary>What is wrong with it, or null.</summary>
    public static string? Validate(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return "An object such as {\"mode\": \"always\", \"chatPerSecond\": 1, \"connectionPerSecond\": 30}.";
        }
        foreach (var part in value.EnumerateObject())
        {
            var valid = part.Name switch
            {
                "mode" => part.Value.ValueKind == JsonValueKind.String && part.Value.GetString() is "adaptive" or "always" or "off",
                "chatPerSecond" or "connectionPerSecond" => part.Value.ValueKind == JsonValueKind.Number && part.Value.GetDouble() is > 0 and <= 10_000,
                _ => false,
            };
            if (!valid)
            {
                return "'mode' is 'adaptive', 'always' or 'off'; 'chatPerSecond' and 'connectionPerSecond' are numbers above 0, up to 10,000.";
            }
        }
        return null;
    }

    /// <summary>The mode and the rates of a valid setting; what it does not say is as the platform's documents have it.</summary>
    public static (string Mode, Pace Rates) Read(JsonElement settings, Pace documented)
    {
        if (!settings.TryGetProperty(Name, out var own))
        {
            return ("adaptive", documented);
        }
        var mode = own.TryGetProperty("mode", out var m) ? m.GetString()! : "adaptive";
        return (mode, new Pace(Number(own, "chatPerSecond") ?? documented.ChatPerSecond, Number(own, "connectionPerSecond") ?? documented.ConnectionPerSecond));
    }

    private static double? Number(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetDouble() : null;
}
