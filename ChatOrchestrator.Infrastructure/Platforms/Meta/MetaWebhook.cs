using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Infrastructure.Platforms.Meta;

/// <summary>
/// What the <see href="https://developers.facebook.com/docs/graph-api/webhooks/getting-started">webhooks</see> of both
/// products have in common: the handshake, the signature, and batches of which every element is read by itself.
/// </summary>
internal static class MetaWebhook
{
    public const string AppSecret = "appSecret";
    public const string VerifyToken = "verifyToken";

    /// <summary>A depth that no real body reaches but that nesting in fields we skip cannot turn into a refusal.</summary>
    public const int MaxDepth = 512;

    private const int IdBytes = 12;

    private static readonly ConditionalWeakTable<ConnectionSnapshot, byte[]> Keys = [];

    private static readonly JsonDocumentOptions DocumentOptions = new() { MaxDepth = MaxDepth };

    /// <summary>The app secret as a key; null: there is none, and nothing can be authentic.</summary>
    public static byte[]? KeyOf(ConnectionSnapshot connection) =>
        connection.Secret(AppSecret) is { } secret ? Keys.GetValue(connection, _ => Encoding.UTF8.GetBytes(secret)) : null;

    /// <summary>Whether <c>X-Hub-Signature-256</c> is the HMAC of the raw body with the app secret.</summary>
    public static bool IsSigned(ConnectionSnapshot connection, in WebhookRequest request) =>
        KeyOf(connection) is { } key && Signatures.IsHmacSha256(request.Header("X-Hub-Signature-256"), "sha256=", key, request.Body);

    /// <summary>The answer to <c>hub.challenge</c>; null: the token is not the connection's.</summary>
    public static string? Verify(ConnectionSnapshot connection, Func<string, string?> query) =>
        query("hub.mode") == "subscribe" && Signatures.AreSame(query("hub.verify_token"), connection.Secret(VerifyToken)) ? query("hub.challenge") : null;

    /// <summary>Opens a body of the given object.</summary>
    /// <exception cref="MalformedPayloadException">It is not a JSON object with that <c>object</c> and an array <c>entry</c>.</exception>
    public static JsonDocument Open(ReadOnlyMemory<byte> body, string of)
    {
        JsonDocument? document = null;
        try
        {
            document = JsonDocument.Parse(body, DocumentOptions);
            var root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Object && TextOf(root, "object") == of && ArrayOf(root, "entry") is not null)
            {
                return document;
            }
        }
        catch (Exception e) when (IsUnreadable(e))
        {
            // Without the exception: it can quote the body.
        }
        document?.Dispose();
        throw new MalformedPayloadException($"The body is not a batch of '{of}'.");
    }

    /// <summary>Whether this is what reading JSON of a form that is not documented ends in.</summary>
    public static bool IsUnreadable(Exception e) => e is JsonException or InvalidOperationException or FormatException or DecoderFallbackException;

    /// <summary>The elements of an array; null: there is no array of this name.</summary>
    public static JsonElement? ArrayOf(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array ? value : null;

    public static string? TextOf(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>An element without an id of its own is known by its bytes, which a redelivery repeats.</summary>
    public static string IdOf(JsonElement element) => $"x:{Hash(JsonMarshal.GetRawUtf8Value(element))}";

    public static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, IdBytes));

    public static IgnoredEvent Unreadable(JsonElement element) => Ignored(element, "unreadable");

    public static IgnoredEvent Ignored(JsonElement element, string type) => new() { PlatformId = IdOf(element), Type = TypeName(type) };

    /// <summary>A platform's name of a kind, as we keep it: what has not the form of one is <c>unknown</c>.</summary>
    public static string TypeName(string? type) =>
        type is { Length: > 0 and <= 60 } && type.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-') ? type : "unknown";

    /// <summary>The name of the first field that is not one of those, for kinds that are known by their field.</summary>
    public static string FirstFieldBeside(JsonElement element, params ReadOnlySpan<string> envelope)
    {
        if (element.ValueKind == JsonValueKind.Object)
        {
            foreach (var field in element.EnumerateObject())
            {
                if (!envelope.Contains(field.Name))
                {
                    return field.Name;
                }
            }
        }
        return "unknown";
    }
}
