using ChatOrchestrator.ApiService.Security;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace ChatOrchestrator.ApiService.Documentation;

/// <summary>The API's description at <c>/openapi/v1.json</c> and its reference at <c>/docs</c>.</summary>
internal static class DocumentationRegistration
{
    public static IServiceCollection AddDocumentation(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "ChatOrchestrator",
                Version = "v1",
                Description = "One AI bot on many messaging platforms. Errors are problem documents (RFC 9457); lists are {items, nextCursor}.",
            };
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
            document.Components.SecuritySchemes[ApiKeyAuthentication.SchemeName] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Header,
                Name = ApiKeyAuthentication.Header,
                Description = "The owner's key is Admin:ApiKey.",
            };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            if (context.Description.RelativePath?.StartsWith("api/", StringComparison.Ordinal) == true)
            {
                operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(ApiKeyAuthentication.SchemeName, context.Document)] = [] }];
            }
            return Task.CompletedTask;
        });
    });

    public static void MapDocumentation(this IEndpointRouteBuilder app)
    {
        app.MapOpenApi().AllowAnonymous();
        app.MapScalarApiReference("/docs", options => options.WithTitle("ChatOrchestrator API").DisableDefaultFonts().DisableTelemetry()).AllowAnonymous();
    }
}
