using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ChatOrchestrator.Application;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Infrastructure.Persistence.KeyRing;

/// <summary>The keys that the configuration gives for the key ring.</summary>
internal sealed class RingKeys
{
    private const int KeySize = 32;

    private readonly Dictionary<string, RingKey> _byId = [];

    /// <exception cref="ConfigurationException">A key or certificate cannot be used.</exception>
    public RingKeys(IOptions<KeyRingOptions> options)
    {
        var settings = options.Value;
        var key = Present(settings.Key);
        var certificate = Present(settings.CertificatePath);
        if (key is not null && certificate is not null)
        {
            throw new ConfigurationException("DataProtection:Key", "there is a certificate, too (DataProtection:CertificatePath); the one that is not current belongs to the previous ones.");
        }
        Current = key is not null ? Secret("DataProtection:Key", key)
            : certificate is not null ? Certificate("DataProtection:CertificatePath", certificate, settings.CertificatePassword)
            : null;
        var previous = settings.PreviousKeys.Where(k => Present(k) is not null).Select((k, i) => (RingKey)Secret($"DataProtection:PreviousKeys:{i}", k.Trim()))
            .Concat(settings.PreviousCertificates.Select((c, i) => Certificate($"DataProtection:PreviousCertificates:{i}:Path", c.Path?.Trim() ?? "", c.Password)));
        foreach (var one in Current is null ? previous : previous.Prepend(Current))
        {
            _byId.TryAdd(one.Id, one);
        }
    }

    /// <summary>What new pieces are encrypted with; null: nothing, they are stored in the clear.</summary>
    public RingKey? Current { get; }

    public RingKey? Find(string id) => _byId.GetValueOrDefault(id);

    private static string? Present(string? value) => string.IsNullOrWhiteSpace(value) ? null : value.Trim();

    private static SecretRingKey Secret(string setting, string value)
    {
        var bytes = new byte[KeySize];
        return value.Length == 44 && Convert.TryFromBase64String(value, bytes, out var length) && length == KeySize
            ? new SecretRingKey(bytes)
            : throw new ConfigurationException(setting, "it is not 32 bytes in base64; make a key with 'openssl rand -base64 32'.");
    }

    private static CertificateRingKey Certificate(string setting, string path, string? password)
    {
        X509Certificate2 certificate;
        try
        {
            certificate = X509CertificateLoader.LoadPkcs12FromFile(path, password, X509KeyStorageFlags.EphemeralKeySet);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            // What the library says may name the password.
            throw new ConfigurationException(setting, "the certificate cannot be read: is it a PKCS#12 file, and is its password right?");
        }
        return certificate.GetRSAPrivateKey() is { KeySize: >= 2048 } rsa
            ? new CertificateRingKey(certificate, rsa)
            : throw new ConfigurationException(setting, "the certificate needs an RSA private key of at least 2048 bits.");
    }
}
