using System.Net;
using System.Net.Sockets;

namespace ChatOrchestrator.Infrastructure.Net;

/// <summary>
/// Which addresses belong to the public internet: what IANA's registries of special-purpose addresses list does not.
/// <see href="https://www.iana.org/assignments/iana-ipv4-special-registry"/>
/// <see href="https://www.iana.org/assignments/iana-ipv6-special-registry"/>
/// </summary>
internal static class PublicNetwork
{
    private static readonly IPNetwork[] SpecialIPv4 = Networks(
        "0.0.0.0/8", // this host; Linux connects to loopback
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", // private
        "100.64.0.0/10", // shared by carriers (CGNAT); some clouds' metadata
        "127.0.0.0/8", // loopback
        "169.254.0.0/16", // link-local; the metadata of most clouds
        "192.0.0.0/24", // protocol assignments; Oracle's metadata
        "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", // documentation
        "192.88.99.0/24", // 6to4 relays
        "198.18.0.0/15", // benchmarks
        "224.0.0.0/4", // multicast
        "240.0.0.0/4"); // reserved, broadcast

    /// <summary>The only global unicast space that is given out. Loopback, unique local, link-local, multicast, NAT64 (64:ff9b::) lie outside.</summary>
    private static readonly IPNetwork GlobalIPv6 = IPNetwork.Parse("2000::/3");

    private static readonly IPNetwork[] SpecialIPv6 = Networks(
        "2001::/23", // protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32", "3fff::/20", // documentation
        "2002::/16"); // 6to4: an IPv4 address of any kind within

    public static bool Contains(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }
        return address.AddressFamily switch
        {
            AddressFamily.InterNetwork => !Array.Exists(SpecialIPv4, n => n.Contains(address)),
            AddressFamily.InterNetworkV6 => address.ScopeId == 0 && GlobalIPv6.Contains(address) && !Array.Exists(SpecialIPv6, n => n.Contains(address)),
            _ => false,
        };
    }

    private static IPNetwork[] Networks(params string[] networks) => [.. networks.Select(IPNetwork.Parse)];
}
