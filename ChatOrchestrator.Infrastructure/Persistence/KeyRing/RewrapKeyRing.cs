using System.Security.Cryptography;
using System.Xml.Linq;
using ChatOrchestrator.Application;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Infrastructure.Persistence.KeyRing;

/// <summary>
/// At the start: whatever of the key ring lies in the store in the clear, or is encrypted with a key of before, is
/// encrypted with the current key. So a deployment may begin without a key, and an old key may be thrown away after one start.
/// </summary>
internal sealed partial class RewrapKeyRing(ChatDatabase database, RingKeys keys, IHostEnvironment environment, ILogger<RewrapKeyRing> logger)
{
    /// <summary>As Data Protection marks it: https://learn.microsoft.com/aspnet/core/security/data-protection/implementation/key-encryption-at-rest</summary>
    private static readonly XNamespace DataProtection = "http://schemas.asp.net/2015/03/dataProtection";

    private const string List = "SELECT id, xml FROM data_protection_keys WHERE xml IS NOT NULL ORDER BY id";

    // $1 id, $2 the element.
    private const string Replace = "UPDATE data_protection_keys SET xml = $2 WHERE id = $1";

    private bool _announced;

    /// <exception cref="ConfigurationException">The ring is encrypted with a key that is not configured.</exception>
    public async Task HandleAsync(CancellationToken cancellationToken)
    {
        if (keys.Current is null && environment.IsProduction() && !_announced)
        {
            _announced = true;
            Unprotected();
        }
        var rewrapped = new List<(int Id, string Xml)>();
        foreach (var (id, xml) in await ListAsync(cancellationToken))
        {
            if (Rewrap(xml) is { } changed)
            {
                rewrapped.Add((id, changed.ToString(SaveOptions.DisableFormatting)));
            }
        }
        if (rewrapped.Count > 0)
        {
            await database.TransactAsync(
                async connection =>
                {
                    foreach (var (id, xml) in rewrapped)
                    {
                        await connection.RunAsync(Replace, cancellationToken, id, xml);
                    }
                    return rewrapped.Count;
                },
                cancellationToken);
            Rewrapped(rewrapped.Count, keys.Current!.Id);
        }
    }

    /// <summary>Whether the ring can be read with the keys that are configured; changes nothing.</summary>
    /// <exception cref="ConfigurationException">It cannot: whoever used it now would add a key that nobody else can read.</exception>
    public async Task RequireAsync(CancellationToken cancellationToken)
    {
        foreach (var (_, xml) in await ListAsync(cancellationToken))
        {
            _ = Rewrap(xml);
        }
    }

    private Task<List<(int Id, XElement Xml)>> ListAsync(CancellationToken cancellationToken) =>
        database.ListAsync(List, row => (row.GetInt32(0), XElement.Parse(row.GetString(1))), cancellationToken);

    /// <summary>The element with everything secret under the current key; null: it is so already.</summary>
    private XElement? Rewrap(XElement element)
    {
        var changed = false;
        foreach (var wrapped in element.DescendantsAndSelf(RingEncryptor.Element).ToList())
        {
            var id = RingDecryptor.KeyOf(wrapped);
            if (keys.Find(id) is null)
            {
                throw new ConfigurationException(
                    "DataProtection:Key", $"the key ring in the store is encrypted with the key '{id}', which is not configured. Set it, or list it among DataProtection:PreviousKeys (PreviousCertificates) while you rotate.");
            }
            var plain = Decrypt(wrapped, id);
            if (keys.Current is { } current && current.Id != id)
            {
                wrapped.ReplaceWith(new RingEncryptor(current).Encrypt(plain).EncryptedElement);
                changed = true;
            }
        }
        if (keys.Current is { } key)
        {
            foreach (var secret in element.Descendants().Where(e => (bool?)e.Attribute(DataProtection + "requiresEncryption") == true).ToList())
            {
                var info = new RingEncryptor(key).Encrypt(secret);
                secret.ReplaceWith(new XElement(
                    DataProtection + "encryptedSecret", new XAttribute("decryptorType", info.DecryptorType.AssemblyQualifiedName!), info.EncryptedElement));
                changed = true;
            }
        }
        return changed ? element : null;
    }

    private XElement Decrypt(XElement wrapped, string id)
    {
        try
        {
            return new RingDecryptor(keys).Decrypt(wrapped);
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            throw new ConfigurationException("DataProtection:Key", $"the key ring in the store, encrypted with the key '{id}', was changed and cannot be read. Restore the table data_protection_keys.");
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The key ring that encrypts the connections' secrets lies in the store in the clear: set DataProtection:Key or DataProtection:CertificatePath (docs/security.md)")]
    private partial void Unprotected();

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} keys of the key ring were encrypted with the key {KeyId}")]
    private partial void Rewrapped(int count, string keyId);
}
