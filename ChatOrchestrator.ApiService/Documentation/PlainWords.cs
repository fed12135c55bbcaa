using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using ChatOrchestrator.Application;
using ChatOrchestrator.Domain.Bots;
using Microsoft.OpenApi;

namespace ChatOrchestrator.ApiService.Documentation;

/// <summary>
/// The descriptions are the comments in the code, and a reference to a constant or a property comes out of them as its name
/// in C#. Who reads the API's description does not have the code: a constant is told by its value, a property by its name
/// in JSON, a list of constants by what is in it.
/// </summary>
internal sealed partial class PlainWords : OpenApiVisitorBase
{
    private static readonly ILookup<string, Type> Types = new[] { typeof(Bot).Assembly, typeof(Platforms).Assembly, typeof(PlainWords).Assembly }
        .SelectMany(a => a.GetTypes()).ToLookup(t => t.Name, StringComparer.Ordinal);

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(string)] = "string",
        [typeof(int)] = "int",
        [typeof(long)] = "long",
        [typeof(double)] = "double",
        [typeof(decimal)] = "decimal",
        [typeof(bool)] = "bool",
    };

    private readonly HashSet<string> _properties = [];

    public static void Speak(OpenApiDocument document)
    {
        var words = new PlainWords();
        foreach (var schema in document.Components?.Schemas?.Values ?? [])
        {
            words._properties.UnionWith(schema.Properties?.Keys ?? []);
        }
        new OpenApiWalker(words).Walk(document);
    }

    public override void Visit(IOpenApiSchema schema)
    {
        Change(schema);
        // A reference is not followed, but what is said beside it is shown.
        foreach (var inner in (schema.Properties?.Values ?? []).Concat(schema.OneOf ?? []))
        {
            Change(inner);
        }
    }

    public override void Visit(OpenApiOperation operation) => (operation.Summary, operation.Description) = (Explain(operation.Summary), Explain(operation.Description));

    public override void Visit(IOpenApiParameter parameter) => Change(parameter);

    public override void Visit(IOpenApiRequestBody body) => Change(body);

    public override void Visit(IOpenApiResponse response) => Change(response);

    private void Change(IOpenApiDescribedElement element)
    {
        if (element.Description is { } said && Explain(said) is var plain && plain != said)
        {
            element.Description = plain;
        }
    }

    private string? Explain(string? text) => text is null ? null : Name().Replace(text, found =>
    {
        var (before, type, member) = (found.Groups["before"].Value, found.Groups["type"].Value, found.Groups["member"].Value);
        if (member.Length == 0)
        {
            return Types[type].Select(ListOf).FirstOrDefault(l => l is not null) is { } list ? before + list
                : _properties.Contains(JsonNamingPolicy.CamelCase.ConvertName(type)) ? $"{before}`{JsonNamingPolicy.CamelCase.ConvertName(type)}`" : found.Value;
        }
        return Types[type].SelectMany(t => t.GetMember(member, BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance)).FirstOrDefault() switch
        {
            FieldInfo { IsLiteral: true } constant => WithoutType(before, constant.FieldType) + Value(constant),
            PropertyInfo property => $"{WithoutType(before, property.PropertyType)}`{JsonNamingPolicy.CamelCase.ConvertName(member)}`",
            _ => found.Value,
        };
    });

    private static string Value(FieldInfo constant) => constant.GetRawConstantValue() switch
    {
        _ when constant.FieldType.IsEnum => $"`{JsonNamingPolicy.SnakeCaseLower.ConvertName(constant.Name)}`",
        string text => $"`{text}`",
        IFormattable number and (int or long) => number.ToString("N0", CultureInfo.InvariantCulture),
        var other => Convert.ToString(other, CultureInfo.InvariantCulture) ?? "null",
    };

    /// <summary>The values of an enum, or of a class that is nothing but constants.</summary>
    private static string? ListOf(Type type)
    {
        var constants = type.GetFields(BindingFlags.Public | BindingFlags.Static).Where(f => f.IsLiteral).ToArray();
        return constants.Length > 0 && (type.IsEnum || type is { IsAbstract: true, IsSealed: true }) ? string.Join(", ", constants.Select(Value)) : null;
    }

    /// <summary>A member comes with its type before it; a word that is no type stays.</summary>
    private static string WithoutType(string before, Type type)
    {
        var name = Keywords.GetValueOrDefault(Nullable.GetUnderlyingType(type) ?? type) ?? type.Name.Split('`')[0];
        return before.TrimEnd().TrimEnd('?').Split('<')[0] == name ? "" : before;
    }

    [GeneratedRegex(@"(?<before>[A-Za-z]\w*(?:<[^<>]*>)?\??\s)?(?<![\w`.:])(?:(?<type>[A-Z]\w*)\.(?<member>[A-Z]\w*)|(?<type>[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]*)+))(?![\w`]|[.:]\w)")]
    private static partial Regex Name();
}
