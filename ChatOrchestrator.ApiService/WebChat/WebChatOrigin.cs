using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Platforms.WebChat;

namespace ChatOrchestrator.ApiService.WebChat;

/// <summary>From which page a call of the web chat comes, as the browser says (https://fetch.spec.whatwg.org/#origin-header).</summary>
internal static class WebChatOrigin
{
    /// <summary>The chat's own page. Not by its address, whose scheme a proxy in front may change.</summary>
    private const string Own = "self";

    /// <summary>Reads the origin; null where there is none: no browser, or a read of the page's own server.</summary>
    /// <exception cref="ForbiddenOriginException">The connection does not allow pages of this origin.</exception>
    public static string? Of(HttpRequest request, ConnectionSnapshot connection, PublicAddress address)
    {
        var header = request.Headers.Origin;
        if (header.Count == 0)
        {
            return null;
        }
        var origin = header.ToString();
        if (IsOwn(origin, request, address))
        {
            return Own;
        }
        return WebChatSettings.OriginsOf(connection.Settings) is not { } allowed || allowed.Contains(origin, StringComparer.OrdinalIgnoreCase)
            ? origin.ToLowerInvariant()
            : throw new ForbiddenOriginException();
    }

    private static bool IsOwn(string origin, HttpRequest request, PublicAddress address) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri)
        && (uri.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase)
            || (address.Url is { } own && uri.Authority.Equals(own.Authority, StringComparison.OrdinalIgnoreCase)));
}

/// <summary>The page is not one that the web chat's settings allow: 403.</summary>
internal sealed class ForbiddenOriginException() : Exception("Pages of this origin may not use this web chat.");
