using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace ChatOrchestrator.Infrastructure.Persistence.KeyRing;

/// <summary>Encrypts pieces of the key ring: AES-256-GCM, bound to the key's id.</summary>
internal abstract class RingKey(string id)
{
    private const int NonceSize = 12;
    private const int TagSize = 16;

    protected const int KeySize = 32;

    /// <summary>Names the key without telling it.</summary>
    public string Id { get; } = id;

    public abstract byte[] Encrypt(byte[] plain);

    /// <exception cref="CryptographicException">It was encrypted with another key, or changed.</exception>
    public abstract byte[] Decrypt(byte[] sealedBytes);

    protected static string IdOf(byte[] identity) => Convert.ToHexStringLower(SHA256.HashData([.. "chat-key-ring"u8, .. identity]))[..16];

    protected byte[] Seal(byte[] key, byte[] plain)
    {
        var output = new byte[NonceSize + TagSize + plain.Length];
        RandomNumberGenerator.Fill(output.AsSpan(0, NonceSize));
        using var aes = new AesGcm(key, TagSize);
        aes.Encrypt(
            output.AsSpan(0, NonceSize), plain, output.AsSpan(NonceSize + TagSize), output.AsSpan(NonceSize, TagSize), Encoding.ASCII.GetBytes(Id));
        return output;
    }

    protected byte[] Open(byte[] key, ReadOnlySpan<byte> sealedBytes)
    {
        if (sealedBytes.Length < NonceSize + TagSize)
        {
            throw new CryptographicException("The piece is too short.");
        }
        var plain = new byte[sealedBytes.Length - NonceSize - TagSize];
        using var aes = new AesGcm(key, TagSize);
        aes.Decrypt(sealedBytes[..NonceSize], sealedBytes[(NonceSize + TagSize)..], sealedBytes.Slice(NonceSize, TagSize), plain, Encoding.ASCII.GetBytes(Id));
        return plain;
    }
}

/// <summary>A key from the environment.</summary>
internal sealed class SecretRingKey(byte[] key) : RingKey(IdOf(key))
{
    public override byte[] Encrypt(byte[] plain) => Seal(key, plain);

    public override byte[] Decrypt(byte[] sealedBytes) => Open(key, sealedBytes);
}

/// <summary>An RSA certificate: it wraps a key of its own for every piece (RSA-OAEP with SHA-256), which stands in front.</summary>
internal sealed class CertificateRingKey(X509Certificate2 certificate, RSA rsa) : RingKey(IdOf(certificate.RawData))
{
    public override byte[] Encrypt(byte[] plain)
    {
        var key = RandomNumberGenerator.GetBytes(KeySize);
        return [.. rsa.Encrypt(key, RSAEncryptionPadding.OaepSHA256), .. Seal(key, plain)];
    }

    public override byte[] Decrypt(byte[] sealedBytes)
    {
        var wrapped = rsa.KeySize / 8;
        return sealedBytes.Length > wrapped
            ? Open(rsa.Decrypt(sealedBytes[..wrapped], RSAEncryptionPadding.OaepSHA256), sealedBytes.AsSpan(wrapped))
            : throw new CryptographicException("The piece is too short.");
    }
}
