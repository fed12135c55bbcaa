using System.Text.Json;
using System.Text.RegularExpressions;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Turns;
using ChatOrchestrator.Infrastructure.Pacing;

namespace ChatOrchestrator.Infrastructure.Platforms.Meta;

/// <summary>The rules of secrets and settings that both products have.</summary>
internal static partial class MetaSettings
{
    private static readonly (string Name, string Where)[] Common =
    [
        (MetaWebhook.AppSecret, "The app secret is required; it stands in the app's dashboard under App settings, Basic."),
        (MetaWebhook.VerifyToken, "The verify token is required: any word of your own, which you also type into the app's webhook settings."),
    ];

    /// <param name="tokenName">The contract's name of the access token.</param>
    /// <param name="tokenWhere">What is said when it is missing.</param>
    public static IEnumerable<FieldError> ValidateSecrets(string platform, string tokenName, string tokenWhere, IReadOnlyDictionary<string, string> secrets)
    {
        foreach (var (name, where) in Common.Prepend((tokenName, tokenWhere)))
        {
            if (!secrets.TryGetValue(name, out var value) || string.IsNullOrEmpty(value))
            {
                yield return new($"secrets.{name}", where);
            }
            else if (!SecretForm().IsMatch(value))
            {
                yield return new($"secrets.{name}", "It has 1 to 4,096 printable ASCII characters and no blanks.");
            }
        }
        foreach (var name in secrets.Keys)
        {
            if (name != tokenName && name is not (MetaWebhook.AppSecret or MetaWebhook.VerifyToken))
            {
                yield return new($"secrets.{name}", $"{platform} has no such secret.");
            }
        }
    }

    /// <param name="own">What is wrong with a setting of the platform's own: null for nothing; <see cref="Unknown"/> for a name that it does not have.</param>
    public static IEnumerable<FieldError> ValidateSettings(string platform, JsonElement settings, Func<string, JsonElement, string?> own)
    {
        if (settings.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
        {
            yield break;
        }
        if (settings.ValueKind != JsonValueKind.Object)
        {
            yield return new("settings", "The settings must be a JSON object.");
            yield break;
        }
        foreach (var setting in settings.EnumerateObject())
        {
            var message = setting.Name switch
            {
                MaxLanesSetting.Name => MaxLanesSetting.Validate(setting.Value),
                PacingSetting.Name => PacingSetting.Validate(setting.Value),
                _ => own(setting.Name, setting.Value),
            };
            if (message is not null)
            {
                yield return new($"settings.{setting.Name}", message == Unknown ? $"{platform} has no such setting." : message);
            }
        }
    }

    public const string Unknown = "";

    public static string? Text(JsonElement settings, string name) => MetaWebhook.TextOf(settings, name);

    /// <summary>A short line, as platforms give it to be kept.</summary>
    public static string? ValidateLine(JsonElement value) => value.ValueKind == JsonValueKind.String && value.GetString()!.Length <= 200 ? null : "A text of at most 200 characters.";

    [GeneratedRegex("^[\\x21-\\x7E]{1,4096}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex SecretForm();
}
