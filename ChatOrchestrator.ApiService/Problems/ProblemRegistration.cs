using Microsoft.AspNetCore.Http.Json;

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
    }
}
