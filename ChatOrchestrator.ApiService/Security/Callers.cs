using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace ChatOrchestrator.ApiService.Security;

/// <summary>Who calls, for limits: without storing what they show.</summary>
internal static class Callers
{
    /// <summary>The address; of IPv6 the network, as one subscriber has as many addresses as they like.</summary>
    public static string AddressOf(HttpContext http)
    {
        var address = http.Connection.RemoteIpAddress ?? IPAddress.None;
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? Convert.ToHexStringLower(address.GetAddressBytes().AsSpan(0, 8)) : address.ToString();
    }

    /// <summary>The key or token that is shown, by its hash; null: none.</summary>
    public static string? CredentialOf(HttpContext http) =>
        http.Request.Headers[ApiKeyAuthentication.Header] is { Count: > 0 } key ? HashOf(key.ToString()) : VisitorOf(http);

    /// <summary>The token that a web chat's visitor shows, by its hash; null: none. Of what else they send nothing counts: it would make another visitor of them.</summary>
    public static string? VisitorOf(HttpContext http) =>
        http.Request.Headers.Authorization is { Count: > 0 } shown ? HashOf(AccessTokenAuthentication.BearerOf(http.Request) ?? shown.ToString()) : null;

    private static string HashOf(string shown) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(shown)).AsSpan(0, 16));
}
