using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Turns;
using ChatOrchestrator.Infrastructure.Pacing;

namespace ChatOrchestrator.Infrastructure.Platforms.Telegram;

/// <summary>When the bot answers in a group.</summary>
internal enum GroupAnswers
{
    /// <summary>When it is mentioned or replied to, or given a command.</summary>
    Mention,

    /// <summary>Always.</summary>
    All,

    /// <summary>Never.</summary>
    None,
}

/// <summary>The secrets and settings of a Telegram connection: their names, their rules, and how they are read.</summary>
internal static partial class TelegramSettings
{
    public const string BotToken = "botToken";
    public const string WebhookSecret = "webhookSecret";
    public const string Username = "username";

    private const string Groups = "groups";
    private const string Streaming = "streaming";

    /// <summary>The longest <c>secret_token</c>, see <see href="https://core.telegram.org/bots/api#setwebhook">setWebhook</see>.</summary>
    public const int MaxWebhookSecretLength = 256;

    public static IEnumerable<FieldError> Validate(IReadOnlyDictionary<string, string> secrets, JsonElement settings)
    {
        foreach (var error in ValidateSecrets(secrets))
        {
            yield return error;
        }
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
            if (Validate(setting.Name, setting.Value) is { } message)
            {
                yield return new($"settings.{setting.Name}", message);
            }
        }
    }

    public static GroupAnswers GroupsOf(JsonElement settings) => Text(settings, Groups) switch
    {
        "all" => GroupAnswers.All,
        "none" => GroupAnswers.None,
        _ => GroupAnswers.Mention,
    };

    /// <summary>Whether answers are shown while they are made; off unless it says so.</summary>
    public static bool StreamingOf(JsonElement settings) =>
        settings.ValueKind == JsonValueKind.Object && settings.TryGetProperty(Streaming, out var value) && value.ValueKind == JsonValueKind.True;

    public static string? UsernameOf(JsonElement settings) =>
        Text(settings, Username) is { } name && UsernameForm().IsMatch(name) ? name : null;

    public static long BotIdOf(string? token) =>
        token is not null && TokenForm().IsMatch(token)
            && long.TryParse(token.AsSpan(0, token.IndexOf(':')), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? id
            : 0;

    private static IEnumerable<FieldError> ValidateSecrets(IReadOnlyDictionary<string, string> secrets)
    {
        if (!secrets.TryGetValue(BotToken, out var token) || string.IsNullOrEmpty(token))
        {
            yield return new($"secrets.{BotToken}", "The bot token is required; @BotFather issues it.");
        }
        else if (BotIdOf(token) == 0)
        {
            yield return new($"secrets.{BotToken}", "A bot token is a number, a colon and letters, digits, '_' or '-'.");
        }
        if (secrets.TryGetValue(WebhookSecret, out var secret) && !string.IsNullOrEmpty(secret) && !SecretForm().IsMatch(secret))
        {
            yield return new($"secrets.{WebhookSecret}", $"The webhook secret has 1 to {MaxWebhookSecretLength} letters, digits, '_' or '-'.");
        }
        foreach (var name in secrets.Keys)
        {
            if (name is not (BotToken or WebhookSecret))
            {
                yield return new($"secrets.{name}", "Telegram has no such secret.");
            }
        }
    }

    private static string? Validate(string name, JsonElement value) => name switch
    {
        Groups => value.ValueKind == JsonValueKind.String && value.GetString() is "mention" or "all" or "none"
            ? null
            : "One of 'mention', 'all' or 'none'.",
        Username => value.ValueKind == JsonValueKind.String && UsernameForm().IsMatch(value.GetString()!)
            ? null
            : "The bot's username without '@': letters, digits and '_', at most 32.",
        Streaming => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? null : "true or false.",
        MaxLanesSetting.Name => MaxLanesSetting.Validate(value),
        PacingSetting.Name => PacingSetting.Validate(value),
        _ => "Telegram has no such setting.",
    };

    private static string? Text(JsonElement settings, string name) =>
        settings.ValueKind == JsonValueKind.Object && settings.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    // Real tokens have 35 characters behind the colon. Local servers and simulators take shorter ones, so we do too.
    [GeneratedRegex("^[1-9][0-9]{0,15}:[A-Za-z0-9_-]{3,}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex TokenForm();

    [GeneratedRegex("^[A-Za-z0-9_-]{1,256}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex SecretForm();

    [GeneratedRegex("^[A-Za-z0-9_]{1,32}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex UsernameForm();
}
