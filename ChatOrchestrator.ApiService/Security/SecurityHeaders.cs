namespace ChatOrchestrator.ApiService.Security;

/// <summary>Headers that keep browsers from doing more with an answer than was meant.</summary>
internal static class SecurityHeaders
{
    /// <summary>For answers that are no page: nothing in them runs, and nobody frames them.</summary>
    private const string NoPage = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private const string Page =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; img-src 'self' data:";

    private const string Documentation = Page + "; frame-ancestors 'none'";

    private const string NoDevices = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()";

    public static void UseSecurityHeaders(this WebApplication app)
    {
        if (!app.Environment.IsDevelopment())
        {
            // On HTTPS only, and never for localhost.
            app.UseHsts();
        }
        app.Use((context, next) =>
        {
            // Platforms read nothing but the status code.
            if (!context.Request.Path.StartsWithSegments("/webhooks", StringComparison.Ordinal))
            {
                // At the last moment: an exception's answer begins with empty headers.
                context.Response.OnStarting(static state => Write((HttpContext)state), context);
            }
            return next(context);
        });
    }

    private static Task Write(HttpContext context)
    {
        var path = context.Request.Path;
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Permissions-Policy"] = NoDevices;
        if (headers.ContentSecurityPolicy.Count == 0)
        {
            headers.XFrameOptions = "DENY";
            headers.ContentSecurityPolicy = path.Equals("/docs", StringComparison.OrdinalIgnoreCase) ? Documentation : NoPage;
        }
        // The chat's script and frame are made for other sites' pages; nothing else is.
        var isChat = path.Value is { } text && text.StartsWith("/webchat", StringComparison.Ordinal);
        headers["Cross-Origin-Resource-Policy"] = isChat ? "cross-origin" : "same-origin";
        if (!isChat)
        {
            headers["Cross-Origin-Opener-Policy"] = "same-origin";
        }
        if (path.StartsWithSegments("/api", StringComparison.Ordinal))
        {
            headers.CacheControl = "no-store";
        }
        return Task.CompletedTask;
    }

    /// <summary>Lets an answer be a page that <paramref name="origins"/> may embed; null: any may.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="origins">As sources of a policy.</param>
    /// <param name="imageSources">Where the page's pictures may come from beside this server, as sources of a policy.</param>
    public static void AllowPage(HttpResponse response, IReadOnlyList<string>? origins, IEnumerable<string> imageSources)
    {
        // Without X-Frame-Options, which cannot name several.
        response.Headers.ContentSecurityPolicy = string.Concat(Page, string.Concat(imageSources.Select(source => " " + source)), "; frame-ancestors ", origins switch
        {
            null => "*",
            { Count: 0 } => "'self'",
            _ => "'self' " + string.Join(' ', origins),
        });
    }
}
