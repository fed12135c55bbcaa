using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ChatOrchestrator.Infrastructure.Notifications;

/// <summary>Encrypts a push message for one browser: RFC 8291 (keys) and RFC 8188 (<c>aes128gcm</c>), one record.</summary>
internal static class PushEncryption
{
    public const int PublicKeyLength = 65;
    public const int AuthLength = 16;

    /// <summary>RFC 8291, 4: a push service need not take more than 4,096 bytes, of which 103 are not ours.</summary>
    public const int MaxPlaintext = 4_096 - SaltLength - 4 - 1 - PublicKeyLength - 1 - TagLength;

    private const int SaltLength = 16;
    private const int TagLength = 16;
    private const uint RecordSize = 4_096;

    public static byte[] Encrypt(ReadOnlySpan<byte> plaintext, byte[] userAgentKey, byte[] auth)
    {
        using var ours = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        return Encrypt(plaintext, userAgentKey, auth, ours, RandomNumberGenerator.GetBytes(SaltLength));
    }

    internal static byte[] Encrypt(ReadOnlySpan<byte> plaintext, byte[] userAgentKey, byte[] auth, ECDiffieHellman ours, byte[] salt)
    {
        if (plaintext.Length > MaxPlaintext)
        {
            throw new ArgumentException($"A push message has at most {MaxPlaintext} bytes.", nameof(plaintext));
        }
        using var theirs = PublicKey(userAgentKey);
        var ourKey = Uncompressed(ours.ExportParameters(includePrivateParameters: false).Q);
        var agreed = ours.DeriveRawSecretAgreement(theirs.PublicKey);
        byte[] keyInfo = [.. "WebPush: info\0"u8, .. userAgentKey, .. ourKey];
        var input = HKDF.DeriveKey(HashAlgorithmName.SHA256, agreed, 32, auth, keyInfo);
        var key = HKDF.DeriveKey(HashAlgorithmName.SHA256, input, 16, salt, Encoding.ASCII.GetBytes("Content-Encoding: aes128gcm\0"));
        var nonce = HKDF.DeriveKey(HashAlgorithmName.SHA256, input, 12, salt, Encoding.ASCII.GetBytes("Content-Encoding: nonce\0"));

        var headerLength = SaltLength + 4 + 1 + PublicKeyLength;
        var message = new byte[headerLength + plaintext.Length + 1 + TagLength];
        salt.CopyTo(message, 0);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(SaltLength), RecordSize);
        message[SaltLength + 4] = PublicKeyLength;
        ourKey.CopyTo(message, SaltLength + 5);
        // The last record ends with 2, and needs no padding.
        byte[] record = [.. plaintext, 2];
        using var aes = new AesGcm(key, TagLength);
        aes.Encrypt(nonce, record, message.AsSpan(headerLength, record.Length), message.AsSpan(headerLength + record.Length));
        return message;
    }

    /// <exception cref="CryptographicException">It is no point of the curve P-256, uncompressed.</exception>
    public static ECDiffieHellman PublicKey(byte[] uncompressed) =>
        uncompressed is [4, ..] && uncompressed.Length == PublicKeyLength
            ? ECDiffieHellman.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = uncompressed[1..33], Y = uncompressed[33..] } })
            : throw new CryptographicException("Not an uncompressed point of P-256.");

    public static byte[] Uncompressed(ECPoint point) => [4, .. point.X!, .. point.Y!];
}
