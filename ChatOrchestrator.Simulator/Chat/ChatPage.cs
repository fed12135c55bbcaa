using System.Collections.Frozen;

namespace ChatOrchestrator.Simulator.Chat;

/// <summary>
/// The page at <c>/</c>: a person chats, as a user of each platform, with the bots that use this simulator; <c>/?all</c> shows
/// one chat of each platform side by side, and with <c>&amp;webchat={address of a web chat's page}</c> that one beside them.
/// </summary>
internal static class ChatPage
{
    // Everything comes from this process, pictures and sounds too: what is elsewhere is shown as a link, so that reading an
    // answer asks no other server. Scripts that arrive in messages have no way to run.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; frame-src ";

    private static readonly FrozenDictionary<string, (byte[] Content, string Type)> Files = new Dictionary<string, (byte[], string)>
    {
        [""] = (Read("index.html"), "text/html; charset=utf-8"),
        ["chat.css"] = (Read("chat.css"), "text/css; charset=utf-8"),
        ["message.css"] = (Read("message.css"), "text/css; charset=utf-8"),
        ["chat.js"] = (Read("chat.js"), "text/javascript; charset=utf-8"),
        ["composer.js"] = (Read("composer.js"), "text/javascript; charset=utf-8"),
        ["column.js"] = (Read("column.js"), "text/javascript; charset=utf-8"),
        ["entry.js"] = (Read("entry.js"), "text/javascript; charset=utf-8"),
        ["server.js"] = (Read("server.js"), "text/javascript; charset=utf-8"),
        ["entities.js"] = (Read("entities.js"), "text/javascript; charset=utf-8"),
        ["icon.svg"] = (Read("icon.svg"), "image/svg+xml"),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static void AddChatPage(this IServiceCollection services) => services.AddSingleton<ChatFeed>();

    public static void MapChatPage(this IEndpointRouteBuilder routes)
    {
        foreach (var (name, (content, type)) in Files)
        {
            routes.MapGet("/" + name, (HttpContext http) =>
            {
                http.Response.Headers.ContentSecurityPolicy = ContentSecurityPolicy + FrameSource(http.Request);
                http.Response.Headers.XContentTypeOptions = "nosniff";
                http.Response.Headers["Referrer-Policy"] = "no-referrer";
                http.Response.Headers.CacheControl = "no-cache";
                return TypedResults.Bytes(content, type);
            });
        }

        routes.MapChatEndpoints();
        routes.MapSampleMedia();
    }

    /// <summary>
    /// The origin of the web chat that the page's address names. Only one on this machine, or on the host that the simulator
    /// was called by: a link to the simulator must not be a way to show somebody a stranger's page in it.
    /// </summary>
    private static string FrameSource(HttpRequest request) =>
        Uri.TryCreate(request.Query["webchat"], UriKind.Absolute, out var address)
        && address.Scheme is "http" or "https"
        && address.UserInfo.Length == 0
        && (address.IsLoopback || address.IdnHost.Equals(request.Host.Host, StringComparison.OrdinalIgnoreCase))
        && address.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped) is var origin
        && origin.All(static c => char.IsAsciiLetterOrDigit(c) || c is ':' or '/' or '.' or '-' or '[' or ']')
            ? origin
            : "'none'";

    private static byte[] Read(string name)
    {
        using var stream = typeof(ChatPage).Assembly.GetManifestResourceStream("page/" + name)
            ?? throw new InvalidOperationException($"The resource page/{name} is missing.");
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return memory.ToArray();
    }
}
