using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Turns;

namespace ChatOrchestrator.Infrastructure.Platforms.WebChat;

/// <summary>The settings of a web chat connection. It has no secrets.</summary>
public static class WebChatSettings
{
    /// <summary>The origins of the pages that may embed the chat, such as <c>https://example.org</c>; absent: any.</summary>
    public const string AllowedOrigins = "allowedOrigins";

    private const int MaxOrigins = 50;

    public static IEnumerable<FieldError> Validate(IReadOnlyDictionary<string, string> secrets, JsonElement settings)
    {
        foreach (var name in secrets.Keys)
        {
            yield return new($"secrets.{name}", "The web chat has no secrets.");
        }
        if (settings.ValueKind != JsonValueKind.Object)
        {
            yield break;
        }
        foreach (var setting in settings.EnumerateObject())
        {
            if (setting.Name == MaxLanesSetting.Name)
            {
                if (MaxLanesSetting.Validate(setting.Value) is { } problem)
                {
                    yield return new($"settings.{setting.Name}", problem);
                }
            }
            else if (setting.Name != AllowedOrigins)
            {
                yield return new($"settings.{setting.Name}", "The web chat has no such setting.");
            }
            else if (setting.Value.ValueKind != JsonValueKind.Array || setting.Value.GetArrayLength() > MaxOrigins || !setting.Value.EnumerateArray().All(o => IsOrigin(o)))
            {
                yield return new($"settings.{AllowedOrigins}", $"At most {MaxOrigins} origins, such as \"https://example.org\".");
            }
        }
    }

    /// <summary>The origins, or null when any page may embed the chat.</summary>
    public static IReadOnlyList<string>? OriginsOf(JsonElement settings) =>
        settings.ValueKind == JsonValueKind.Object && settings.TryGetProperty(AllowedOrigins, out var origins) && origins.ValueKind == JsonValueKind.Array
            ? [.. origins.EnumerateArray().Where(o => IsOrigin(o)).Select(o => o.GetString()!)]
            : null;

    private static bool IsOrigin(JsonElement value) => value.ValueKind == JsonValueKind.String && IsOrigin(value.GetString());

    /// <summary>Whether it is an origin such as <c>https://example.org</c>. Only what stands in a header without changing its meaning.</summary>
    public static bool IsOrigin(string? text) =>
        text is { Length: <= 200 }
        && Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && uri.Scheme is "https" or "http"
        && uri.GetLeftPart(UriPartial.Authority).Equals(text, StringComparison.OrdinalIgnoreCase)
        && uri.UserInfo.Length == 0
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is ':' or '/' or '.' or '-' or '[' or ']');
}
