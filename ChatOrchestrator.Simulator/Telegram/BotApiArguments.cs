using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.Telegram;

/// <summary>
/// The arguments of one call. As on the real server each is a text, however it came: query string, form, multipart or JSON;
/// objects and arrays are JSON text.
/// </summary>
internal sealed class BotApiArguments
{
    private readonly Dictionary<string, string> _values = new(StringComparer.OrdinalIgnoreCase);

    private readonly Dictionary<string, IncomingFile> _files = new(StringComparer.OrdinalIgnoreCase);

    public bool HasFile => _files.Count > 0;

    /// <exception cref="BotApiException">The body is not what its content type says.</exception>
    public static async Task<BotApiArguments> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var arguments = new BotApiArguments();
        foreach (var (key, value) in request.Query)
        {
            arguments._values[key] = value.ToString();
        }

        try
        {
            if (request.HasFormContentType)
            {
                var form = await request.ReadFormAsync(cancellationToken);
                foreach (var (key, value) in form)
                {
                    arguments._values[key] = value.ToString();
                }

                foreach (var file in form.Files)
                {
                    await using var content = file.OpenReadStream();
                    using var bytes = new MemoryStream((int)file.Length);
                    await content.CopyToAsync(bytes, cancellationToken);
                    arguments._files[file.Name] = new IncomingFile(file.FileName, file.ContentType, bytes.ToArray());
                }
            }
            else if (request.ContentType?.Contains("json", StringComparison.OrdinalIgnoreCase) == true)
            {
                using var body = await JsonDocument.ParseAsync(request.Body, default, cancellationToken);
                arguments.Add(body.RootElement);
            }
        }
        catch (Exception error) when (error is JsonException or InvalidDataException)
        {
            throw BotApiException.BadRequest("can't parse JSON object");
        }

        return arguments;
    }

    /// <summary>The arguments of a call that a bot makes by answering its webhook.</summary>
    public static BotApiArguments FromJson(JsonElement body)
    {
        var arguments = new BotApiArguments();
        arguments.Add(body);
        return arguments;
    }

    public static BotApiArguments FromForm(IEnumerable<KeyValuePair<string, string>> form)
    {
        var arguments = new BotApiArguments();
        foreach (var (key, value) in form)
        {
            arguments._values[key] = value;
        }

        return arguments;
    }

    /// <summary>What was uploaded under this name.</summary>
    public IncomingFile? File(string name) => _files.GetValueOrDefault(name);

    public bool Has(string name) => _values.ContainsKey(name);

    public string Text(string name) => _values.GetValueOrDefault(name, "");

    public bool Flag(string name) => Text(name).Trim().ToLowerInvariant() is "true" or "yes" or "1";

    /// <summary>The number, or <paramref name="fallback"/> when it is absent or not a number, kept within the bounds.</summary>
    public int Number(string name, int fallback, int min = int.MinValue, int max = int.MaxValue) =>
        long.TryParse(Text(name).Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? (int)Math.Clamp(value, min, max)
            : fallback;

    /// <summary>An object or array, or <see langword="null"/> when it is absent.</summary>
    /// <param name="name">The argument.</param>
    /// <param name="what">How the platform's error calls it.</param>
    /// <exception cref="BotApiException">It is not JSON.</exception>
    public JsonNode? Json(string name, string what)
    {
        var text = Text(name);
        if (text.Length == 0)
        {
            return null;
        }

        try
        {
            return JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (JsonException)
        {
            throw BotApiException.BadRequest($"can't parse {what} JSON object");
        }
    }

    private void Add(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            throw BotApiException.BadRequest("can't parse JSON object");
        }

        foreach (var property in body.EnumerateObject())
        {
            switch (property.Value.ValueKind)
            {
                case JsonValueKind.Null or JsonValueKind.Undefined:
                    break;
                case JsonValueKind.String:
                    _values[property.Name] = property.Value.GetString()!;
                    break;
                default:
                    _values[property.Name] = property.Value.GetRawText();
                    break;
            }
        }
    }
}
