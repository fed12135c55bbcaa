using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Application.Administration;

/// <summary>Makes what the engine and the adapters work with from what is stored.</summary>
public static class ConnectionSnapshots
{
    /// <summary>The reason that a connection is off when its secrets cannot be decrypted any more.</summary>
    public const string SecretsUnreadable = "secrets_unreadable";

    /// <param name="secrets">In the clear; null: they cannot be read, and the connection is off until they are given again.</param>
    public static ConnectionSnapshot Of(PlatformConnection connection, Bot bot, IReadOnlyDictionary<string, string>? secrets) => new()
    {
        Id = connection.Id,
        Platform = connection.Platform,
        DisplayName = connection.DisplayName,
        Settings = Parse(connection.Settings),
        Secrets = secrets ?? new Dictionary<string, string>(),
        DisabledReason = connection.DisabledReason ?? (secrets is null ? SecretsUnreadable : null),
        Version = connection.Version,
        Bot = new BotSnapshot(bot.Id, bot.Name, bot.Ai, bot.Processing, bot.PromptVersion),
    };

    private static JsonElement Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
