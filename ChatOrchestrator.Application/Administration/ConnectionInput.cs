using System.Text.Json;
using System.Text.Json.Nodes;
using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Application.Administration;

/// <summary>What a caller says about a new connection.</summary>
public sealed record NewConnection(string? Platform, string? DisplayName, IReadOnlyDictionary<string, string?>? Secrets, JsonElement? Settings)
{
    /// <summary>The id it had elsewhere; null: a new one.</summary>
    public Domain.Bots.ConnectionId? Id { get; init; }
}

/// <summary>What a caller changes; null: it stays. A secret or setting that is given as null is taken away.</summary>
public sealed record ConnectionChange(string? DisplayName, IReadOnlyDictionary<string, string?>? Secrets, JsonElement? Settings, bool? Enabled);

/// <summary>A connection as callers see it: of the secrets only the names.</summary>
/// <param name="Warnings">What did not work and will be tried again; nothing in it is secret.</param>
public sealed record ConnectionView(Domain.Bots.PlatformConnection Connection, IReadOnlyList<string> SecretNames, IReadOnlyList<string> Warnings);

internal static class ConnectionInput
{
    private const int MaxSecretLength = 8_192;
    private const int MaxSettingsLength = 16_384;

    public static Dictionary<string, string> Merge(IReadOnlyDictionary<string, string> stored, IReadOnlyDictionary<string, string?>? given)
    {
        var merged = new Dictionary<string, string>(stored, StringComparer.Ordinal);
        foreach (var (name, value) in given ?? new Dictionary<string, string?>())
        {
            if (string.IsNullOrEmpty(value))
            {
                merged.Remove(name);
            }
            else if (value.Length > MaxSecretLength)
            {
                throw new InvalidInputException($"secrets.{name}", $"A secret has at most {MaxSecretLength:#,0} characters.");
            }
            else
            {
                merged[name] = value;
            }
        }
        return merged;
    }

    public static JsonObject Merge(string stored, JsonElement? given)
    {
        var merged = JsonNode.Parse(stored) as JsonObject ?? [];
        if (given is { } settings && settings.ValueKind != JsonValueKind.Null)
        {
            if (settings.ValueKind != JsonValueKind.Object)
            {
                throw new InvalidInputException("settings", "The settings are a JSON object.");
            }
            foreach (var setting in settings.EnumerateObject())
            {
                if (setting.Value.ValueKind == JsonValueKind.Null)
                {
                    merged.Remove(setting.Name);
                }
                else
                {
                    merged[setting.Name] = JsonNode.Parse(setting.Value.GetRawText());
                }
            }
        }
        return merged.ToJsonString().Length <= MaxSettingsLength
            ? merged
            : throw new InvalidInputException("settings", $"The settings have at most {MaxSettingsLength:#,0} characters.");
    }

    public static void Require(IPlatformAdapter adapter, IReadOnlyDictionary<string, string> secrets, JsonObject settings)
    {
        var errors = adapter.Validate(secrets, Element(settings)).ToArray();
        if (errors.Length > 0)
        {
            throw new InvalidInputException(errors);
        }
    }

    private static JsonElement Element(JsonObject settings)
    {
        using var document = JsonDocument.Parse(settings.ToJsonString());
        return document.RootElement.Clone();
    }
}
