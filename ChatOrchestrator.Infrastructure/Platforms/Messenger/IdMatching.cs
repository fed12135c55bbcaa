using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Platforms.Meta;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Infrastructure.Platforms.Messenger;

/// <summary>
/// <see href="https://developers.facebook.com/docs/messenger-platform/identity/id-matching">ID matching</see>: from the app-scoped id
/// that a data deletion request names to the page-scoped one that the person chats under. Only the app may ask, by a token made
/// of its id and its secret, and only where app and page belong to one business.
/// </summary>
internal static class IdMatching
{
    /// <summary>More than a person has on one page.</summary>
    private const int MaxIds = 100;

    /// <returns>The ids; null: not to be had.</returns>
    /// <exception cref="PlatformException">Meta cannot be asked now.</exception>
    public static async Task<IReadOnlyList<string>?> AskAsync(GraphApi graph, ConnectionSnapshot connection, string userId, ILogger logger, CancellationToken cancellationToken)
    {
        if (MetaSettings.Text(connection.Settings, MessengerSettings.AppId) is not { Length: > 0 } app || connection.Secret(MetaWebhook.AppSecret) is not { } secret)
        {
            MetaLog.NotMatched(logger, connection.Id, "the setting appId is missing");
            return null;
        }
        var token = $"{app}|{secret}";
        var page = MetaSettings.Text(connection.Settings, MessengerSettings.PageId) is { Length: > 0 } id ? $"&page={Uri.EscapeDataString(id)}" : "";
        try
        {
            return Read(await GraphCalls.CallAsync(
                token, bearer => graph.GetAsync($"{Uri.EscapeDataString(userId)}/ids_for_pages?limit={MaxIds}&appsecret_proof={ProofOf(token, secret)}{page}", bearer, cancellationToken)));
        }
        catch (PlatformException refusal) when (refusal.Permanent)
        {
            MetaLog.NotMatched(logger, connection.Id, refusal.Message);
            return null;
        }
    }

    /// <summary>What a person reads who looks what became of their request: no more than what is known.</summary>
    public static string Confirmation(ConnectionSnapshot connection) => MetaSettings.Text(connection.Settings, MessengerSettings.AppId) is { Length: > 0 }
        ? "What Meta says is yours has been deleted. If you still find a chat with the page, please ask there to have it deleted as well."
        : "What was stored under your account's id has been deleted. A chat with the page goes under another id: please ask there to have it deleted as well.";

    /// <summary><see href="https://developers.facebook.com/docs/graph-api/guides/secure-requests#appsecret_proof">Proves</see> that the caller has the secret too.</summary>
    private static string ProofOf(string token, string secret) => Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(token)));

    private static List<string> Read(JsonElement answer) => answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Array
        ? [.. data.EnumerateArray().Select(entry => MetaWebhook.TextOf(entry, "id")).OfType<string>().Where(id => id.Length is > 0 and <= 64).Distinct()]
        : throw new PlatformException("unreadable_answer", permanent: false);
}
