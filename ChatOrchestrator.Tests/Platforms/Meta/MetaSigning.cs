using System.Security.Cryptography;
using System.Text;

namespace ChatOrchestrator.Tests.Platforms.Meta;

/// <summary>Signs as Meta does.</summary>
internal static class MetaSigning
{
    public static IReadOnlyDictionary<string, string> Headers(string appSecret, byte[] body) => new Dictionary<string, string>
    {
        ["X-Hub-Signature-256"] = "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(appSecret), body)),
    };

    /// <summary>The form of a data deletion request.</summary>
    public static byte[] SignedRequest(string appSecret, string payload)
    {
        var encoded = System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(payload));
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(appSecret), Encoding.UTF8.GetBytes(encoded));
        return Encoding.UTF8.GetBytes($"signed_request={System.Buffers.Text.Base64Url.EncodeToString(signature)}.{encoded}");
    }
}
