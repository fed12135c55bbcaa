using Microsoft.OpenApi;

namespace ChatOrchestrator.ApiService.Documentation;

/// <summary>
/// What a request must hold is nullable in the code, so that its absence is answered with a problem that names the field
/// and not with one of the parser's; null is refused like absence. Answers keep their nulls: there they have a meaning.
/// </summary>
internal static class RequiredProperties
{
    public static void RefuseNull(OpenApiDocument document)
    {
        var seen = new HashSet<OpenApiSchema>();
        foreach (var operation in document.Paths.Values.SelectMany(p => p.Operations?.Values ?? Enumerable.Empty<OpenApiOperation>()))
        {
            foreach (var media in operation.RequestBody?.Content?.Values ?? [])
            {
                Walk(media.Schema, seen);
            }
        }
    }

    private static void Walk(IOpenApiSchema? found, HashSet<OpenApiSchema> seen)
    {
        var schema = found is OpenApiSchemaReference reference ? reference.RecursiveTarget : found as OpenApiSchema;
        if (schema is null || !seen.Add(schema))
        {
            return;
        }
        foreach (var name in schema.Required ?? Enumerable.Empty<string>())
        {
            if (schema.Properties?.TryGetValue(name, out var property) == true)
            {
                schema.Properties[name] = WithoutNull(property);
            }
        }
        foreach (var inner in (schema.Properties?.Values ?? []).Concat(schema.OneOf ?? []).Append(schema.Items).Append(schema.AdditionalProperties))
        {
            Walk(inner, seen);
        }
    }

    private static IOpenApiSchema WithoutNull(IOpenApiSchema property)
    {
        if (property is OpenApiSchema { Type: { } type } schema)
        {
            schema.Type = type & ~JsonSchemaType.Null;
        }
        return property.OneOf is { Count: 2 } choices && choices.SingleOrDefault(c => c.Type != JsonSchemaType.Null) is { } only ? only : property;
    }
}
