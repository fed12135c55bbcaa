using System.Text.Json;
using System.Text.RegularExpressions;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Platforms.Meta;

namespace ChatOrchestrator.Infrastructure.Platforms.WhatsApp;

/// <summary>What is sent outside the window.</summary>
/// <param name="CarriesText">Its body has one parameter, which the text goes into.</param>
internal sealed record WhatsAppTemplate(string Name, string Language, bool CarriesText);

/// <summary>The secrets and settings of a WhatsApp connection.</summary>
internal static partial class WhatsAppSettings
{
    public const string AccessToken = "accessToken";
    public const string PhoneNumberId = "phoneNumberId";

    /// <summary>Kept with the connection as the platform says them.</summary>
    public const string DisplayPhoneNumber = "displayPhoneNumber";

    public const string VerifiedName = "verifiedName";

    private const string Template = "template";

    private const string Groups = "groups";

    public static IEnumerable<FieldError> Validate(IReadOnlyDictionary<string, string> secrets, JsonElement settings)
    {
        foreach (var error in MetaSettings.ValidateSecrets("WhatsApp", AccessToken, "The access token is required; a system user's token does not expire.", secrets))
        {
            yield return error;
        }
        foreach (var error in MetaSettings.ValidateSettings("WhatsApp", settings, Validate))
        {
            yield return error;
        }
        if (settings.ValueKind is JsonValueKind.Object or JsonValueKind.Undefined or JsonValueKind.Null && MetaSettings.Text(settings, PhoneNumberId) is null)
        {
            yield return new($"settings.{PhoneNumberId}", "The phone number id is required; it stands in the app's dashboard under WhatsApp, API setup. It is not the number.");
        }
    }

    public static string? PhoneNumberIdOf(JsonElement settings) => MetaSettings.Text(settings, PhoneNumberId) is { } id && Digits().IsMatch(id) ? id : null;

    public static WhatsAppGroups GroupsOf(JsonElement settings) => new(
        MetaSettings.Text(settings, Groups) switch
        {
            "all" => GroupAnswers.All,
            "none" => GroupAnswers.None,
            _ => GroupAnswers.Mention,
        },
        MetaSettings.Text(settings, VerifiedName));

    public static WhatsAppTemplate? TemplateOf(JsonElement settings) =>
        settings.ValueKind == JsonValueKind.Object && settings.TryGetProperty(Template, out var template) && ValidateTemplate(template) is null
            ? new WhatsAppTemplate(
                template.GetProperty("name").GetString()!,
                template.GetProperty("language").GetString()!,
                template.TryGetProperty("carriesText", out var carries) && carries.GetBoolean())
            : null;

    private static string? Validate(string name, JsonElement value) => name switch
    {
        PhoneNumberId => value.ValueKind == JsonValueKind.String && Digits().IsMatch(value.GetString()!) ? null : "A text of 5 to 20 digits.",
        DisplayPhoneNumber or VerifiedName => MetaSettings.ValidateLine(value),
        Template => ValidateTemplate(value),
        Groups => value.ValueKind == JsonValueKind.String && value.GetString() is "mention" or "all" or "none" ? null : "One of 'mention', 'all' or 'none'.",
        _ => MetaSettings.Unknown,
    };

    private static string? ValidateTemplate(JsonElement value)
    {
        const string Form = "An object such as {\"name\": \"we_have_an_answer\", \"language\": \"en_US\", \"carriesText\": true}.";
        if (value.ValueKind != JsonValueKind.Object)
        {
            return Form;
        }
        foreach (var field in value.EnumerateObject())
        {
            var valid = field.Name switch
            {
                "name" => field.Value.ValueKind == JsonValueKind.String && TemplateName().IsMatch(field.Value.GetString()!),
                "language" => field.Value.ValueKind == JsonValueKind.String && Language().IsMatch(field.Value.GetString()!),
                "carriesText" => field.Value.ValueKind is JsonValueKind.True or JsonValueKind.False,
                _ => false,
            };
            if (!valid)
            {
                return Form;
            }
        }
        return value.TryGetProperty("name", out _) && value.TryGetProperty("language", out _) ? null : Form;
    }

    [GeneratedRegex("^[0-9]{5,20}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Digits();

    [GeneratedRegex("^[a-z0-9_]{1,512}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex TemplateName();

    [GeneratedRegex("^[a-z]{2,3}(_[A-Z]{2,3})?\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Language();
}
