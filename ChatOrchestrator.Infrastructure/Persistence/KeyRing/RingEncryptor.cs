using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.Extensions.DependencyInjection;

namespace ChatOrchestrator.Infrastructure.Persistence.KeyRing;

/// <summary>Encrypts what is secret in an element of the key ring.</summary>
internal sealed class RingEncryptor(RingKey key) : IXmlEncryptor
{
    public const string Element = "ringSecret";
    public const string KeyAttribute = "key";

    public EncryptedXmlInfo Encrypt(XElement plaintextElement)
    {
        var plain = Encoding.UTF8.GetBytes(plaintextElement.ToString(SaveOptions.DisableFormatting));
        try
        {
            return new EncryptedXmlInfo(
                new XElement(Element, new XAttribute(KeyAttribute, key.Id), Convert.ToBase64String(key.Encrypt(plain))), typeof(RingDecryptor));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }
}

/// <summary>Reads it again. The ring names this type: another name or namespace makes what is stored unreadable.</summary>
internal sealed class RingDecryptor : IXmlDecryptor
{
    private readonly RingKeys _keys;

    /// <summary>For Data Protection, which makes decryptors with the services.</summary>
    public RingDecryptor(IServiceProvider services)
        : this(services.GetRequiredService<RingKeys>())
    {
    }

    public RingDecryptor(RingKeys keys) => _keys = keys;

    /// <exception cref="CryptographicException">Its key is not configured, or it was changed.</exception>
    public XElement Decrypt(XElement encryptedElement)
    {
        var key = _keys.Find(KeyOf(encryptedElement)) ?? throw new CryptographicException("The key ring is encrypted with a key that is not configured.");
        var plain = key.Decrypt(Convert.FromBase64String(encryptedElement.Value));
        try
        {
            return XElement.Parse(Encoding.UTF8.GetString(plain));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    public static string KeyOf(XElement encryptedElement) => (string?)encryptedElement.Attribute(RingEncryptor.KeyAttribute) ?? "";
}
