using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Infrastructure.Persistence;

/// <summary>A message's content as it is stored: one JSON document, nothing for nothing.</summary>
internal static class MessageContentJson
{
    [return: NotNullIfNotNull(nameof(content))]
    public static string? Write(MessageContent? content) =>
        content is null
            ? null
            // Postgres cannot store U+0000, not even escaped.
            : JsonSerializer.Serialize(content, MessageContentContext.Default.MessageContent).Replace(@"\u0000", @"\uFFFD", StringComparison.Ordinal);

    [return: NotNullIfNotNull(nameof(json))]
    public static MessageContent? Read(string? json) => json is null ? null : JsonSerializer.Deserialize(json, MessageContentContext.Default.MessageContent)!;
}

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(MessageContent))]
internal sealed partial class MessageContentContext : JsonSerializerContext;
