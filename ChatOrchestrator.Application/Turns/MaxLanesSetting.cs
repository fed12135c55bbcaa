using System.Text.Json;

namespace ChatOrchestrator.Application.Turns;

/// <summary>The setting <c>maxLanes</c> of a connection, the same on every platform: how many of its lanes one worker works on at a time, 1 to 10,000.</summary>
public static class MaxLanesSetting
{
    public const string Name = "maxLanes";

    /// <summary>What is wrong with it, or null.</summary>
    public static string? Validate(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var lanes) && lanes is >= 1 and <= 10_000 ? null : "A whole number from 1 to 10,000.";

    /// <summary>The value, or null where it is not set.</summary>
    internal static int? Read(JsonElement settings) =>
        settings.ValueKind == JsonValueKind.Object && settings.TryGetProperty(Name, out var value) && Validate(value) is null ? value.GetInt32() : null;
}
