using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace ChatOrchestrator.ApiService;

/// <summary>
/// JSON that is kept as it comes (settings), or is picked apart later (a merge patch). The serializer looks into neither: a
/// lone surrogate, or a name that stands there twice, would show only when it is used, as a failure of ours. And Postgres
/// keeps no U+0000 in JSON either. So all of it is read here.
/// </summary>
internal static class StorableJson
{
    public static IReadOnlyList<JsonConverter> Converters { get; } = [new Element(), new Patch()];

    /// <summary>A text that every store keeps: U+FFFD in place of U+0000, as everywhere.</summary>
    public static string? Clean(string? text) => text?.Replace('\0', '\uFFFD');

    /// <exception cref="JsonException">A text is none, or a name stands there twice.</exception>
    private static JsonElement Read(ref Utf8JsonReader reader)
    {
        var given = JsonElement.ParseValue(ref reader);
        var buffer = new ArrayBufferWriter<byte>();
        try
        {
            using var writer = new Utf8JsonWriter(buffer);
            Copy(given, writer);
        }
        catch (InvalidOperationException)
        {
            // A lone surrogate. Without the exception: nothing in it helps whoever sent it.
            throw new JsonException();
        }
        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        return document.RootElement.Clone();
    }

    private static void Copy(JsonElement value, Utf8JsonWriter writer)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                var names = new HashSet<string>(StringComparer.Ordinal);
                foreach (var property in value.EnumerateObject())
                {
                    var name = Clean(property.Name)!;
                    if (!names.Add(name))
                    {
                        throw new JsonException();
                    }
                    writer.WritePropertyName(name);
                    Copy(property.Value, writer);
                }
                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                {
                    Copy(item, writer);
                }
                writer.WriteEndArray();
                break;
            case JsonValueKind.String:
                writer.WriteStringValue(Clean(value.GetString()));
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    private sealed class Element : JsonConverter<JsonElement>
    {
        public override JsonElement Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => StorableJson.Read(ref reader);

        public override void Write(Utf8JsonWriter writer, JsonElement value, JsonSerializerOptions options) => value.WriteTo(writer);
    }

    private sealed class Patch : JsonConverter<JsonObject>
    {
        public override JsonObject? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.StartObject ? JsonObject.Create(StorableJson.Read(ref reader)) : throw new JsonException();

        public override void Write(Utf8JsonWriter writer, JsonObject value, JsonSerializerOptions options) => value.WriteTo(writer, options);
    }
}
