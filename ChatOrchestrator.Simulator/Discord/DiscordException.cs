using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.Discord;

/// <summary>An error of the HTTP API, in its own form.</summary>
internal sealed class DiscordException(int status, int code, string message) : Exception(message)
{
    public int Status { get; } = status;

    public JsonObject Body { get; } = new() { ["message"] = message, ["code"] = code };

    public static DiscordException Unauthorized() => new(401, 0, "401: Unauthorized");

    public static DiscordException NotFound(int code, string what) => new(404, code, $"Unknown {what}");

    /// <summary>50035 with the field that is wrong.</summary>
    public static DiscordException InvalidForm(string field, string code, string message)
    {
        var refusal = new DiscordException(400, 50035, "Invalid Form Body");
        refusal.Body["errors"] = new JsonObject { [field] = new JsonObject { ["_errors"] = new JsonArray(new JsonObject { ["code"] = code, ["message"] = message }) } };
        return refusal;
    }
}
