using System.Text.Json;
using System.Text.RegularExpressions;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Turns;
using ChatOrchestrator.Infrastructure.Pacing;

namespace ChatOrchestrator.Infrastructure.Platforms.Discord;

/// <summary>When the bot answers in a guild's channel.</summary>
internal enum GuildAnswers
{
    /// <summary>When it is mentioned or replied to, or given a slash command.</summary>
    Mention,

    /// <summary>Always.</summary>
    All,

    /// <summary>Never.</summary>
    None,
}

/// <summary>The secrets and settings of a Discord connection: their names, their rules, and how they are read.</summary>
internal static partial class DiscordSettings
{
    public const string BotToken = "botToken";
    public const string PublicKey = "publicKey";
    public const string ApplicationId = "applicationId";
    public const string BotUserId = "botUserId";

    private const string Groups = "groups";
    private const string Streaming = "streaming";

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

    public static GuildAnswers GroupsOf(JsonElement settings) => Text(settings, Groups) switch
    {
        "all" => GuildAnswers.All,
        "none" => GuildAnswers.None,
        _ => GuildAnswers.Mention,
    };

    public static bool StreamingOf(JsonElement settings) =>
        settings.ValueKind == JsonValueKind.Object && settings.TryGetProperty(Streaming, out var value) && value.ValueKind == JsonValueKind.True;

    /// <summary>A snowflake setting; null: not set.</summary>
    public static string? IdOf(JsonElement settings, string name) =>
        Text(settings, name) is { } id && Snowflake.IsValid(id) ? id : null;

    private static IEnumerable<FieldError> ValidateSecrets(IReadOnlyDictionary<string, string> secrets)
    {
        if (!secrets.TryGetValue(BotToken, out var token) || string.IsNullOrEmpty(token))
        {
            yield return new($"secrets.{BotToken}", "The bot token is required; the Developer Portal shows it under Bot.");
        }
        else if (!TokenForm().IsMatch(token))
        {
            yield return new($"secrets.{BotToken}", "A bot token has three parts of letters, digits, '_' or '-', with dots between them.");
        }
        if (secrets.TryGetValue(PublicKey, out var key) && !string.IsNullOrEmpty(key) && !PublicKeyForm().IsMatch(key))
        {
            yield return new($"secrets.{PublicKey}", "The application's public key has 64 hexadecimal digits; the Developer Portal shows it under General Information.");
        }
        foreach (var name in secrets.Keys)
        {
            if (name is not (BotToken or PublicKey))
            {
                yield return new($"secrets.{name}", "Discord has no such secret.");
            }
        }
    }

    private static string? Validate(string name, JsonElement value) => name switch
    {
        Groups => value.ValueKind == JsonValueKind.String && value.GetString() is "mention" or "all" or "none"
            ? null
            : "One of 'mention', 'all' or 'none'.",
        ApplicationId or BotUserId => value.ValueKind == JsonValueKind.String && Snowflake.IsValid(value.GetString())
            ? null
            : "An id of Discord's, as a text of digits.",
        Streaming => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? null : "true or false.",
        MaxLanesSetting.Name => MaxLanesSetting.Validate(value),
        PacingSetting.Name => PacingSetting.Validate(value),
        _ => "Discord has no such setting.",
    };

    private static string? Text(JsonElement settings, string name) =>
        settings.ValueKind == JsonValueKind.Object && settings.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    [GeneratedRegex("^[A-Za-z0-9_-]{3,}\\.[A-Za-z0-9_-]{3,}\\.[A-Za-z0-9_-]{3,}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex TokenForm();

    [GeneratedRegex("^[0-9A-Fa-f]{64}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex PublicKeyForm();
}

/// <summary>Discord's ids (https://discord.com/developers/docs/reference#snowflakes): 64 bits as decimal text.</summary>
internal static class Snowflake
{
    private const int MaxLength = 20;

    public static bool IsValid(string? text) =>
        text is { Length: > 0 and <= MaxLength } && !text.AsSpan().ContainsAnyExceptInRange('0', '9');
}
