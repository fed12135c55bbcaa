using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace ChatOrchestrator.Infrastructure.Platforms.Meta;

/// <summary>
/// A <see href="https://developers.facebook.com/docs/development/create-an-app/app-dashboard/data-deletion-callback">data deletion
/// request</see>: a form whose field <c>signed_request</c> is a signature and what it signs, both in Base64Url.
/// </summary>
/// <param name="UserId">Who is to be forgotten.</param>
/// <param name="ConfirmationCode">What the user is told. Only the holder of the app secret can make one, so that it needs no storage.</param>
internal sealed record SignedRequest(string UserId, string ConfirmationCode)
{
    private const int MaxLength = 8 * 1024;
    private const int CodeBytes = 8;

    private static readonly byte[] FieldName = "signed_request="u8.ToArray();

    public static bool IsForm(ReadOnlyMemory<byte> body) => body.Length <= MaxLength && body.Span.IndexOf(FieldName) >= 0 && body.Span[0] != (byte)'{';

    /// <summary>Reads a form; null: it is none, or its own signature is wrong.</summary>
    public static SignedRequest? TryRead(ReadOnlyMemory<byte> body, byte[]? key)
    {
        if (key is null || !IsForm(body))
        {
            return null;
        }
        foreach (var field in Encoding.UTF8.GetString(body.Span).Split('&'))
        {
            if (field.StartsWith("signed_request=", StringComparison.Ordinal))
            {
                return Read(Uri.UnescapeDataString(field["signed_request=".Length..]), key);
            }
        }
        return null;
    }

    /// <summary>Whether we gave out the code.</summary>
    public static bool IsCode(string? code, byte[]? key) =>
        key is not null && code is { Length: 4 * CodeBytes } && code.All(char.IsAsciiHexDigitLower) && Signatures.AreSame(code, CodeOf(code[..(2 * CodeBytes)], key));

    private static SignedRequest? Read(string signed, byte[] key)
    {
        var dot = signed.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0)
        {
            return null;
        }
        var payload = Encoding.UTF8.GetBytes(signed[(dot + 1)..]);
        try
        {
            if (!CryptographicOperations.FixedTimeEquals(Base64Url.DecodeFromChars(signed.AsSpan(0, dot)), HMACSHA256.HashData(key, payload)))
            {
                return null;
            }
            using var document = JsonDocument.Parse(Base64Url.DecodeFromUtf8(payload));
            var root = document.RootElement;
            return string.Equals(MetaWebhook.TextOf(root, "algorithm"), "HMAC-SHA256", StringComparison.OrdinalIgnoreCase)
                && root.TryGetProperty("user_id", out var user) && user.ValueKind is JsonValueKind.String or JsonValueKind.Number
                && user.ToString() is { Length: > 0 and <= 64 } id
                ? new SignedRequest(id, CodeOf(Convert.ToHexStringLower(SHA256.HashData(payload).AsSpan(0, CodeBytes)), key))
                : null;
        }
        catch (Exception e) when (MetaWebhook.IsUnreadable(e))
        {
            return null;
        }
    }

    private static string CodeOf(string request, byte[] key) =>
        request + Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes("deletion:" + request)).AsSpan(0, CodeBytes));
}
