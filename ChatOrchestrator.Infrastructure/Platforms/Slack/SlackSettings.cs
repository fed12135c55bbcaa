using System.Text.Json;
using System.Text.RegularExpressions;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Turns;
using ChatOrchestrator.Infrastructure.Pacing;

namespace ChatOrchestrator.Infrastructure.Platforms.Slack;

/// <summary>When the bot answers in a channel.</summary>
internal enum ChannelAnswers
{
    /// <summary>When it is mentioned, or in a thread that it began.</summary>
    Mention,

    /// <summary>Always.</summary>
    All,

    /// <summary>Never.</summary>
    None,
}

/// <summary>The secrets and settings of a Slack connection: their names, their rules, and how they are read.</summary>
internal static partial class SlackSettings
{
    public const string BotToken = "botToken";
    public const string SigningSecret = "signingSecret";
    public const string AppToken = "appToken";

    /// <summary>The bot's user id, by which a mention is recognised; asked for when the connection is made.</summary>
    public const string BotUserId = "botUserId";

    /// <summary>The bot's <c>bot_id</c>, by which its own messages are recognised; asked for when the connection is made.</summary>
    public const string BotId = "botId";

    /// <summary>The workspace; asked for when the connection is made.</summary>
    public const string TeamId = "teamId";

    private const string Groups = "groups";
    private const string SlashReplies = "slashReplies";
    private const string SocketMode = "socketMode";
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

    public static ChannelAnswers GroupsOf(JsonElement settings) => Text(settings, Groups) switch
    {
        "all" => ChannelAnswers.All,
        "none" => ChannelAnswers.None,
        _ => ChannelAnswers.Mention,
    };

    /// <summary>Whether everybody in the channel sees the answer to a slash command; otherwise only who gave it.</summary>
    public static bool AnswersInChannel(JsonElement settings) => Text(settings, SlashReplies) == "in_channel";

    /// <summary>Whether Socket Mode is used; null: where Slack cannot reach us.</summary>
    public static bool? SocketModeOf(JsonElement settings) => Flag(settings, SocketMode);

    public static bool StreamsAnswers(JsonElement settings) => Flag(settings, Streaming) ?? false;

    public static string? IdOf(JsonElement settings, string name) => Text(settings, name) is { } id && IdForm().IsMatch(id) ? id : null;

    private static IEnumerable<FieldError> ValidateSecrets(IReadOnlyDictionary<string, string> secrets)
    {
        var hasAppToken = secrets.TryGetValue(AppToken, out var appToken) && !string.IsNullOrEmpty(appToken);
        if (!secrets.TryGetValue(BotToken, out var token) || string.IsNullOrEmpty(token))
        {
            yield return new($"secrets.{BotToken}", "The bot token is required: OAuth & Permissions, Bot User OAuth Token.");
        }
        else if (!BotTokenForm().IsMatch(token))
        {
            yield return new($"secrets.{BotToken}", "A bot token begins with 'xoxb-'.");
        }
        if (hasAppToken && !AppTokenForm().IsMatch(appToken!))
        {
            yield return new($"secrets.{AppToken}", "An app-level token begins with 'xapp-'.");
        }
        if (secrets.TryGetValue(SigningSecret, out var secret) && !string.IsNullOrEmpty(secret))
        {
            if (!SecretForm().IsMatch(secret))
            {
                yield return new($"secrets.{SigningSecret}", "The signing secret has letters, digits, '_' or '-'.");
            }
        }
        else if (!hasAppToken)
        {
            yield return new($"secrets.{SigningSecret}", "The signing secret is required (Basic Information, App Credentials), unless there is an app-level token for Socket Mode.");
        }
        foreach (var name in secrets.Keys)
        {
            if (name is not (BotToken or SigningSecret or AppToken))
            {
                yield return new($"secrets.{name}", "Slack has no such secret.");
            }
        }
    }

    private static string? Validate(string name, JsonElement value) => name switch
    {
        Groups => Is(value, "mention", "all", "none") ? null : "One of 'mention', 'all' or 'none'.",
        SlashReplies => Is(value, "ephemeral", "in_channel") ? null : "One of 'ephemeral' or 'in_channel'.",
        SocketMode or Streaming => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? null : "true or false.",
        BotUserId or BotId or TeamId => value.ValueKind == JsonValueKind.String && IdForm().IsMatch(value.GetString()!) ? null : "An id of Slack's, such as U012AB3CD.",
        MaxLanesSetting.Name => MaxLanesSetting.Validate(value),
        PacingSetting.Name => PacingSetting.Validate(value),
        _ => "Slack has no such setting.",
    };

    private static bool Is(JsonElement value, params ReadOnlySpan<string> words) =>
        value.ValueKind == JsonValueKind.String && words.Contains(value.GetString()!);

    private static string? Text(JsonElement settings, string name) =>
        settings.ValueKind == JsonValueKind.Object && settings.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static bool? Flag(JsonElement settings, string name) =>
        settings.ValueKind == JsonValueKind.Object && settings.TryGetProperty(name, out var value)
            ? value.ValueKind switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => null }
            : null;

    // xoxb-… and, with token rotation, xoxe.xoxb-…: https://docs.slack.dev/authentication/tokens
    [GeneratedRegex("^(xoxe\\.)?xox[a-z]-[A-Za-z0-9-]{3,512}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex BotTokenForm();

    [GeneratedRegex("^xapp-[A-Za-z0-9-]{3,512}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex AppTokenForm();

    // Real ones are 32 hexadecimal digits; simulators take others.
    [GeneratedRegex("^[A-Za-z0-9_-]{6,256}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex SecretForm();

    [GeneratedRegex("^[A-Z0-9]{2,32}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex IdForm();
}
