using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Infrastructure.Notifications;

/// <summary>
/// The key by which push services know this deployment (RFC 8292). It is made once, kept encrypted in the store, and the
/// same in all processes: browsers subscribe with its public half.
/// </summary>
internal sealed class VapidKeys(ISharedSecrets secrets, IOptions<WebPushOptions> options, TimeProvider time) : IWebPushKeys
{
    private const string SecretName = "web-push-vapid";

    /// <summary>RFC 8292, 2: at most a day.</summary>
    private static readonly TimeSpan TokenLife = TimeSpan.FromHours(12);

    public bool IsConfigured => options.Value.IsConfigured;

    public async Task<string> ReadPublicKeyAsync(CancellationToken cancellationToken)
    {
        using var key = await ReadKeyAsync(cancellationToken);
        return PublicKeyOf(key);
    }

    /// <summary>The header <c>Authorization</c> for a push service.</summary>
    public async Task<string> AuthorizeAsync(Uri endpoint, CancellationToken cancellationToken)
    {
        using var key = await ReadKeyAsync(cancellationToken);
        var claims = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
        {
            ["aud"] = endpoint.GetLeftPart(UriPartial.Authority),
            ["exp"] = (time.GetUtcNow() + TokenLife).ToUnixTimeSeconds(),
            ["sub"] = options.Value.Subject!,
        });
        var signed = $"{Base64Url.EncodeToString("""{"typ":"JWT","alg":"ES256"}"""u8)}.{Base64Url.EncodeToString(claims)}";
        var signature = key.SignData(System.Text.Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return $"vapid t={signed}.{Base64Url.EncodeToString(signature)}, k={PublicKeyOf(key)}";
    }

    private static string PublicKeyOf(ECDsa key) => Base64Url.EncodeToString(PushEncryption.Uncompressed(key.ExportParameters(includePrivateParameters: false).Q));

    private async Task<ECDsa> ReadKeyAsync(CancellationToken cancellationToken)
    {
        var seed = await secrets.GetAsync(SecretName, 32, cancellationToken);
        for (byte i = 0; ; i++)
        {
            try
            {
                return ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = HMACSHA256.HashData(seed, new byte[] { i }) });
            }
            catch (CryptographicException) when (i < 10)
            {
                // One number in four thousand million is none of the curve's.
            }
        }
    }
}
