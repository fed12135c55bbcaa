using System.Collections.Frozen;

namespace ChatOrchestrator.Simulator.Chat;

/// <summary>The page at <c>/</c>: a person chats as a Telegram user with a bot that uses this simulator.</summary>
internal static class ChatPage
{
    // Everything comes from this process; scripts that arrive in messages have no way to run.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly FrozenDictionary<string, (byte[] Content, string Type)> Files = new Dictionary<string, (byte[], string)>
    {
        [""] = (Read("index.html"), "text/html; charset=utf-8"),
        ["chat.css"] = (Read("chat.css"), "text/css; charset=utf-8"),
        ["chat.js"] = (Read("chat.js"), "text/javascript; charset=utf-8"),
        ["entities.js"] = (Read("entities.js"), "text/javascript; charset=utf-8"),
        ["icon.svg"] = (Read("icon.svg"), "image/svg+xml"),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static void MapChatPage(this IEndpointRouteBuilder routes)
    {
        foreach (var (name, (content, type)) in Files)
        {
            routes.MapGet("/" + name, (HttpContext http) =>
            {
                http.Response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
                http.Response.Headers.XContentTypeOptions = "nosniff";
                http.Response.Headers["Referrer-Policy"] = "no-referrer";
                http.Response.Headers.CacheControl = "no-cache";
                return TypedResults.Bytes(content, type);
            });
        }
    }

    private static byte[] Read(string name)
    {
        using var stream = typeof(ChatPage).Assembly.GetManifestResourceStream("page/" + name)
            ?? throw new InvalidOperationException($"The resource page/{name} is missing.");
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return memory.ToArray();
    }
}
