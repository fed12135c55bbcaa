using System.Text.Json;

namespace ChatOrchestrator.Infrastructure.Platforms.Slack;

/// <summary>What people are called in the workspace.</summary>
internal static class SlackNames
{
    /// <summary>As the person wants to be called, else by their full name, else by their handle. Null: Slack does not say.</summary>
    public static async Task<string?> FindAsync(SlackApi api, SlackConnection connection, string userId, CancellationToken cancellationToken)
    {
        if (connection.Token is not { } token)
        {
            return null;
        }
        try
        {
            var answer = await api.ReadAsync("users.info", token, new Dictionary<string, string> { ["user"] = userId }, cancellationToken);
            if (!answer.IsOk || answer.Body!.User is not { ValueKind: JsonValueKind.Object } user)
            {
                return null;
            }
            var profile = user.TryGetProperty("profile", out var value) && value.ValueKind == JsonValueKind.Object ? value : default;
            return Text(profile, "display_name") ?? Text(profile, "real_name") ?? Text(user, "real_name") ?? Text(user, "name");
        }
        catch (PlatformCallException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement of, string name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && !string.IsNullOrWhiteSpace(value.GetString())
            ? value.GetString()
            : null;
}
