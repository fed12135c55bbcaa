using System.Text.Json;
using System.Text.Json.Serialization;

namespace ChatOrchestrator.Infrastructure.Platforms.Slack;

// What we read of the Web API's answers: https://docs.slack.dev/apis/web-api/. HTTP 200 says nothing, "ok" does.

/// <summary>The answer of any method that we call.</summary>
internal sealed class ApiAnswer
{
    public bool Ok { get; set; }

    public string? Error { get; set; }

    /// <summary><c>chat.postMessage</c>: the message's.</summary>
    public string? Ts { get; set; }

    /// <summary><c>chat.postMessage</c>: the channel's id; of other methods an object.</summary>
    [JsonConverter(typeof(ApiChannelConverter))]
    public ApiChannel? Channel { get; set; }

    /// <summary><c>auth.test</c>.</summary>
    public string? UserId { get; set; }

    /// <summary><c>auth.test</c>.</summary>
    public string? BotId { get; set; }

    /// <summary><c>auth.test</c>.</summary>
    public string? TeamId { get; set; }

    /// <summary><c>apps.connections.open</c>.</summary>
    public string? Url { get; set; }

    /// <summary><c>conversations.history</c> and <c>conversations.replies</c>.</summary>
    public SlackMessage?[]? Messages { get; set; }

    /// <summary><c>files.info</c>.</summary>
    public SlackFile? File { get; set; }

    public ResponseMetadata? ResponseMetadata { get; set; }

    /// <summary><c>users.info</c>: the <see href="https://docs.slack.dev/reference/objects/user-object">user</see>; of <c>auth.test</c> a name.</summary>
    public JsonElement User { get; set; }
}

internal sealed class ResponseMetadata
{
    public string? NextCursor { get; set; }
}

/// <summary>A channel: only its id (<c>chat.postMessage</c>), or the object of the conversations methods.</summary>
internal sealed class ApiChannel
{
    public string? Id { get; set; }

    public string? Name { get; set; }

    public string? User { get; set; }

    public bool IsIm { get; set; }
}

internal sealed class ApiChannelConverter : JsonConverter<ApiChannel>
{
    public override ApiChannel? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return new ApiChannel { Id = reader.GetString() };
        }
        var value = JsonElement.ParseValue(ref reader);
        return value.ValueKind != JsonValueKind.Object ? null : new ApiChannel
        {
            Id = Text(value, "id"),
            Name = Text(value, "name"),
            User = Text(value, "user"),
            IsIm = value.TryGetProperty("is_im", out var im) && im.ValueKind == JsonValueKind.True,
        };
    }

    public override void Write(Utf8JsonWriter writer, ApiChannel value, JsonSerializerOptions options) => throw new NotSupportedException();

    private static string? Text(JsonElement value, string name) =>
        value.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
}
