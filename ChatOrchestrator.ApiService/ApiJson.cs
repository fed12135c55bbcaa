using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using ChatOrchestrator.ApiService.Administration;
using ChatOrchestrator.Domain.Bots;

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
        options.Converters.Add(new StorableText());
        foreach (var converter in StorableJson.Converters)
        {
            options.Converters.Add(converter);
        }
        // Answers are never part of a page (nosniff), so only what JSON itself needs is escaped: other alphabets stay readable.
        options.Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        options.RespectNullableAnnotations = true;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.TypeInfoResolver = (options.TypeInfoResolver ?? new DefaultJsonTypeInfoResolver()).WithAddedModifier(RefuseUnknownSettings);
        return options;
    }

    /// <summary>
    /// A setting that is misspelt must not be taken for one that was left out: moderation that somebody believes to be on.
    /// Not so where settings are read from the store, which a newer version may have written.
    /// </summary>
    private static void RefuseUnknownSettings(JsonTypeInfo type)
    {
        if (type.Kind == JsonTypeInfoKind.Object
            && (type.Type.Assembly == typeof(ProcessingSettings).Assembly || type.Type == typeof(CreateBotRequest) || type.Type == typeof(CreateConnectionRequest)))
        {
            type.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        }
    }

    /// <summary>Postgres cannot store U+0000 in text: what comes in with one is kept with U+FFFD in its place, as everywhere.</summary>
    private sealed class StorableText : JsonConverter<string>
    {
        public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => StorableJson.Clean(reader.GetString());

        public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
    }
}
