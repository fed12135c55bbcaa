using System.Text.Json;
using System.Text.Json.Serialization;

namespace ChatOrchestrator.ApiService;

/// <summary>How the API writes and reads JSON: camelCase, enums in snake_case, null only where it has a meaning.</summary>
internal static class ApiJson
{
    public static readonly JsonSerializerOptions Options = Configure(new JsonSerializerOptions(JsonSerializerDefaults.Web));

    /// <summary>For documents that are lines: what is null is left out.</summary>
    public static readonly JsonSerializerOptions Lines = new(Options) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public static JsonSerializerOptions Configure(JsonSerializerOptions options)
    {
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false));
        // Answers are never part of a page (nosniff), so only what JSON itself needs is escaped: other alphabets stay readable.
        options.Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        options.RespectNullableAnnotations = true;
        options.NumberHandling = JsonNumberHandling.Strict;
        return options;
    }
}
