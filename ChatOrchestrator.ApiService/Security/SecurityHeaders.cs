namespace ChatOrchestrator.ApiService.Security;

/// <summary>Headers that keep browsers from doing more with an answer than was meant.</summary>
internal static class SecurityHeaders
{
    /// <summary>For answers that are no page: nothing in them runs, and nobody frames them.</summary>
    private const string NoPage = "default-src 'none'; frame-ancestors 'none'";

    private const string Page =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; img-src 'self' data:";

    /// <summary>The reference page brings its script and style inline.</summary>
    private const string Documentation =
        "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void UseSecurityHeaders(this WebApplication app) => app.Use((context, next) =>
    {
        // Platforms read nothing but the status code.
        if (!context.Request.Path.StartsWithSegments("/webhooks", StringComparison.Ordinal))
        {
            var headers = context.Response.Headers;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "no-referrer";
            headers.ContentSecurityPolicy = context.Request.Path.StartsWithSegments("/docs", StringComparison.Ordinal) ? Documentation : NoPage;
        }
        return next(context);
    });

    /// <summary>Lets an answer be a page that <paramref name="origins"/> may embed; null: any may.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="origins">As sources of a policy.</param>
    /// <param name="imageSources">Where the page's pictures may come from beside this server, as sources of a policy.</param>
    public static void AllowPage(HttpResponse response, IReadOnlyList<string>? origins, IEnumerable<string> imageSources)
    {
        response.Headers.ContentSecurityPolicy = string.Concat(Page, string.Concat(imageSources.Select(source => " " + source)), "; frame-ancestors ", origins switch
        {
            null => "*",
            { Count: 0 } => "'self'",
            _ => "'self' " + string.Join(' ', origins),
        });
    }
}
