using System.Security.Cryptography;
using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using Microsoft.AspNetCore.DataProtection;

namespace ChatOrchestrator.Infrastructure.Persistence.Administration;

internal sealed class ConnectionSecrets(IDataProtectionProvider protection) : IConnectionSecrets
{
    private readonly IDataProtector _protector = protection.CreateProtector("connection-secrets", "v1");

    public string Protect(IReadOnlyDictionary<string, string> secrets) => _protector.Protect(JsonSerializer.Serialize(secrets));

    public IReadOnlyDictionary<string, string>? Unprotect(string protectedSecrets)
    {
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, string>>(_protector.Unprotect(protectedSecrets));
        }
        catch (Exception e) when (e is CryptographicException or JsonException)
        {
            return null;
        }
    }
}
