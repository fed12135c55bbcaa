using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.Slack;

/// <summary>
/// The arguments of a call: a query, a form, or JSON. In a form, structured ones are JSON in text. https://docs.slack.dev/apis/web-api/#post_bodies
/// </summary>
internal sealed class SlackArguments
{
    private readonly Dictionary<string, JsonNode?> _values = new(StringComparer.Ordinal);

    /// <exception cref="SlackApiException">The body cannot be read.</exception>
    public static async Task<SlackArguments> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var arguments = new SlackArguments();
        foreach (var (name, value) in request.Query)
        {
            arguments._values[name] = value.ToString();
        }

        if (request.HasJsonContentType())
        {
            try
            {
                // What JSON is not accepted for is left to the method, as there.
                if (request.ContentLength is not 0 && await JsonNode.ParseAsync(request.Body, cancellationToken: cancellationToken) is JsonObject body)
                {
                    foreach (var (name, value) in body)
                    {
                        arguments._values[name] = value?.DeepClone();
                    }
                }
            }
            catch (JsonException)
            {
                throw new SlackApiException("invalid_json");
            }
        }
        else if (request.HasFormContentType)
        {
            foreach (var (name, value) in await request.ReadFormAsync(cancellationToken))
            {
                arguments._values[name] = value.ToString();
            }
        }

        return arguments;
    }

    public string? Text(string name) => _values.GetValueOrDefault(name) switch
    {
        null => null,
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        var other => other.ToJsonString(),
    };

    public string Required(string name, string error = "invalid_arguments") => Text(name) is { Length: > 0 } text ? text : throw new SlackApiException(error);

    public bool? Flag(string name) => Text(name) switch { "true" or "1" => true, "false" or "0" => false, _ => null };

    public int? Number(string name) => int.TryParse(Text(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <exception cref="SlackApiException">It is there and no JSON.</exception>
    public JsonNode? Json(string name, string error)
    {
        if (_values.GetValueOrDefault(name) is not { } value)
        {
            return null;
        }

        if (value is not JsonValue text)
        {
            return value.DeepClone();
        }

        try
        {
            return text.TryGetValue<string>(out var json) && json.Length > 0 ? JsonNode.Parse(json) : null;
        }
        catch (JsonException)
        {
            throw new SlackApiException(error);
        }
    }
}
