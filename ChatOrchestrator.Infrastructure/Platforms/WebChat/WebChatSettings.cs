using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Turns;

namespace ChatOrchestrator.Infrastructure.Platforms.WebChat;

/// <summary>The settings of a web chat connection. It has no secrets.</summary>
public static class WebChatSettings
{
    /// <summary>The origins of the pages that may embed the chat, such as <c>https://example.org</c>; absent: any.</summary>
    public const string AllowedOrigins = "allowedOrigins";

    /// <summary>
    /// The origins from which the page loads the pictures of an answer, such as <c>https://cdn.example.org</c>, or <c>*</c> for
    /// every https address; absent: none but its own. A picture elsewhere is a link: loading it would tell its server who
    /// reads the answer and when, and an answer may carry an address that somebody else brought in.
    /// </summary>
    public const string ImageOrigins = "imageOrigins";

    private const string Any = "*";
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
            else if (setting.Name == AllowedOrigins)
            {
                if (!IsList(setting.Value, value => IsOrigin(value)))
                {
                    yield return new($"settings.{AllowedOrigins}", $"At most {MaxOrigins} origins, such as \"https://example.org\".");
                }
            }
            else if (setting.Name == ImageOrigins)
            {
                if (!IsList(setting.Value, IsImageOrigin))
                {
                    yield return new(
                        $"settings.{ImageOrigins}",
                        $"At most {MaxOrigins} https origins, such as \"https://cdn.example.org\", or \"*\" for every one; http only for this machine.");
                }
            }
            else
            {
                yield return new($"settings.{setting.Name}", "The web chat has no such setting.");
            }
        }
    }

    /// <summary>The origins, or null when any page may embed the chat.</summary>
    public static IReadOnlyList<string>? OriginsOf(JsonElement settings) => Read(settings, AllowedOrigins, value => IsOrigin(value));

    /// <summary>The origins of pictures; <c>*</c> among them: every https address.</summary>
    public static IReadOnlyList<string> ImageOriginsOf(JsonElement settings) => Read(settings, ImageOrigins, IsImageOrigin) ?? [];

    /// <summary>The same as sources of a Content-Security-Policy.</summary>
    public static IEnumerable<string> ImageSourcesOf(JsonElement settings) => ImageOriginsOf(settings).Select(origin => origin == Any ? "https:" : origin);

    private static string[]? Read(JsonElement settings, string name, Func<JsonElement, bool> isOne) =>
        settings.ValueKind == JsonValueKind.Object && settings.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray().Where(isOne).Select(o => o.GetString()!)]
            : null;

    private static bool IsList(JsonElement value, Func<JsonElement, bool> isOne) =>
        value.ValueKind == JsonValueKind.Array && value.GetArrayLength() <= MaxOrigins && value.EnumerateArray().All(isOne);

    private static bool IsImageOrigin(JsonElement value) =>
        value.ValueKind == JsonValueKind.String
        && (value.ValueEquals(Any) || IsOrigin(value) && new Uri(value.GetString()!) is var uri && (uri.Scheme == "https" || uri.IsLoopback));

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
