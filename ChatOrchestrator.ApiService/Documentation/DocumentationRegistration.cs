using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ChatOrchestrator.ApiService.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.OpenApi;

namespace ChatOrchestrator.ApiService.Documentation;

/// <summary>The API's description at <c>/openapi/v1.json</c> and its reference at <c>/docs</c>.</summary>
internal static class DocumentationRegistration
{
    private const string Bearer = "Bearer";

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
                Description = "The owner's key is `Admin:ApiKey`.",
            };
            document.Components.SecuritySchemes[Bearer] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                BearerFormat = "JWT",
                Description = "An access token of POST /api/v1/auth/token or /login, or one of the configured issuer.",
            };
            RequiredProperties.RefuseNull(document);
            PlainWords.Speak(document);
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            var metadata = context.Description.ActionDescriptor.EndpointMetadata;
            if (metadata.OfType<PermissionMetadata>().FirstOrDefault() is { } needs)
            {
                operation.Security =
                [
                    new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(ApiKeyAuthentication.SchemeName, context.Document)] = [] },
                    new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Bearer, context.Document)] = [] },
                ];
                operation.Description = $"Permission: `{needs.Permission}`.";
            }
            if (metadata.OfType<IdempotentMetadata>().Any())
            {
                (operation.Parameters ??= []).Add(new OpenApiParameter
                {
                    Name = IdempotentRequests.Header,
                    In = ParameterLocation.Header,
                    Description = "Any text of up to 255 visible ASCII characters. The same request with the same key has one effect and, for 24 hours, one answer.",
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = 255 },
                });
            }
            foreach (var parameter in (operation.Parameters ?? []).OfType<OpenApiParameter>().Where(p => p.In == ParameterLocation.Query))
            {
                // Those of a record come with the names of its properties.
                parameter.Name = JsonNamingPolicy.CamelCase.ConvertName(parameter.Name!);
            }
            Examples.Add(operation);
            return Task.CompletedTask;
        });
        options.AddSchemaTransformer((schema, context, _) =>
        {
            // Text has a converter of our own, so that its schema would say nothing.
            if (context.JsonTypeInfo.Type == typeof(string) && schema.Type is null)
            {
                schema.Type = JsonSchemaType.String | (context.JsonPropertyInfo?.IsGetNullable == true ? JsonSchemaType.Null : 0);
            }
            else if (context.JsonTypeInfo is { Kind: JsonTypeInfoKind.Enumerable, ElementType: { } item } && item == typeof(string))
            {
                schema.Items ??= new OpenApiSchema { Type = JsonSchemaType.String };
            }
            else if (context.JsonTypeInfo is { Kind: JsonTypeInfoKind.Dictionary, ElementType: { } value } && value == typeof(string))
            {
                schema.AdditionalProperties ??= new OpenApiSchema { Type = JsonSchemaType.String | JsonSchemaType.Null };
            }
            return Task.CompletedTask;
        });
    });

    /// <summary>A page of our own: nothing in it is inline, which every page that comes as a package asks for.</summary>
    public static void MapDocumentation(this IEndpointRouteBuilder app)
    {
        app.MapOpenApi().AllowAnonymous();
        app.MapGet("/docs", ShowPage).AllowAnonymous().ExcludeFromDescription();
    }

    private static Results<PhysicalFileHttpResult, RedirectHttpResult, NotFound> ShowPage(IWebHostEnvironment environment, HttpContext http)
    {
        // The page's addresses are relative to /.
        if (http.Request.Path.Value is { } path && path.EndsWith('/'))
        {
            return TypedResults.Redirect(http.Request.PathBase + path.TrimEnd('/'));
        }
        if (environment.WebRootFileProvider.GetFileInfo("docs.html").PhysicalPath is not { } file)
        {
            return TypedResults.NotFound();
        }
        http.Response.Headers.CacheControl = "no-cache";
        return TypedResults.PhysicalFile(file, "text/html; charset=utf-8");
    }
}
