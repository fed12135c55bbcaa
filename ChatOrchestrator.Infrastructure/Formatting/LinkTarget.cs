using System.Buffers;
using System.Globalization;
using System.Text;

namespace ChatOrchestrator.Infrastructure.Formatting;

/// <summary>Which addresses become links. Any other address is shown as text beside its label, so that none is lost.</summary>
internal static class LinkTarget
{
    /// <summary>The longest address of a link, in UTF-16 units: the markup of one link must fit into a part of 2000.</summary>
    public const int MaxLength = 1024;

    private static readonly SearchValues<char> HostEnd = SearchValues.Create("/?#");
    private static readonly SearchValues<char> NotInHost = SearchValues.Create(" \t\r\n\"<>\\");

    /// <summary>
    /// Accepts <c>http</c>, <c>https</c> and <c>tg</c> addresses; web addresses need a host with a dot. Telegram silently
    /// drops every other link and keeps its label only (LinkManager::check_link in
    /// https://github.com/tdlib/td), which is why <c>mailto:</c> and <c>http://localhost</c> are shown as text: clients
    /// detect a visible mail address by themselves.
    /// </summary>
    /// <param name="address">The address as the answer gives it.</param>
    /// <param name="url">The address with blanks and controls percent-encoded.</param>
    public static bool TryCreate(string address, out string url)
    {
        url = "";
        if (address.Length > MaxLength || !HasLinkScheme(address))
        {
            return false;
        }

        url = Encode(address);
        return url.Length <= MaxLength;
    }

    /// <summary>How an address that is no link reads: a mail address without its scheme, anything else as it is.</summary>
    public static string Visible(string address) =>
        address.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase) ? address["mailto:".Length..] : address;

    private static bool HasLinkScheme(string address)
    {
        if (address.StartsWith("tg://", StringComparison.OrdinalIgnoreCase))
        {
            return address.Length > "tg://".Length;
        }

        int scheme = address.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? 8
            : address.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? 7 : 0;
        if (scheme == 0)
        {
            return false;
        }

        ReadOnlySpan<char> host = address.AsSpan(scheme);
        int end = host.IndexOfAny(HostEnd);
        host = end < 0 ? host : host[..end];
        return host.IndexOf('.') > 0 && !host.EndsWith(".") && !host.ContainsAny(NotInHost);
    }

    private static string Encode(string address)
    {
        if (!address.AsSpan().ContainsAnyInRange('\0', ' '))
        {
            return address;
        }

        StringBuilder encoded = new(address.Length + 8);
        foreach (char c in address)
        {
            _ = c <= ' ' ? encoded.Append(CultureInfo.InvariantCulture, $"%{(int)c:X2}") : encoded.Append(c);
        }

        return encoded.ToString();
    }
}
