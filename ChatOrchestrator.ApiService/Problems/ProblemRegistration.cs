using Microsoft.AspNetCore.Http.Json;
using Microsoft.Net.Http.Headers;

namespace ChatOrchestrator.ApiService.Problems;

/// <summary>Every error is a problem document (RFC 9457) with a stable type.</summary>
internal static class ProblemRegistration
{
    public static IServiceCollection AddProblems(this IServiceCollection services)
    {
        services.AddProblemDetails(options => options.CustomizeProblemDetails = context =>
            context.ProblemDetails.Type = ProblemTypes.Of(context.ProblemDetails.Status ?? context.HttpContext.Response.StatusCode));
        services.AddExceptionHandler<ProblemExceptionHandler>();
        // Without this a malformed body is answered with an empty 400 outside Development.
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        services.Configure<JsonOptions>(options => ApiJson.Configure(options.SerializerOptions));
        return services;
    }

    public static void UseProblems(this WebApplication app)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        // No store can look for U+0000, and no name has one.
        app.Use(static (http, next) => http.Request.QueryString.Value?.Contains("%00", StringComparison.Ordinal) == true
            ? throw new BadHttpRequestException("The query holds U+0000.")
            : next(http));
        // Webhooks are read as bytes.
        app.Use(static (http, next) =>
        {
            if (http.Request.ContentType?.Contains("charset", StringComparison.OrdinalIgnoreCase) == true
                && !http.Request.Path.StartsWithSegments("/webhooks", StringComparison.OrdinalIgnoreCase))
            {
                RequireEncoding(http.Request);
            }
            return next(http);
        });
    }

    /// <summary>The reader of bodies breaks over a charset that there is not, and over one that is quoted as the RFC allows.</summary>
    private static void RequireEncoding(HttpRequest request)
    {
        if (MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.Charset.Length > 0)
        {
            type.Charset = HeaderUtilities.RemoveQuotes(type.Charset);
            request.ContentType = type.Encoding is not null
                ? type.ToString()
                : throw new BadHttpRequestException("The body's encoding is unknown.", StatusCodes.Status415UnsupportedMediaType);
        }
    }
}
