using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using ChatOrchestrator.ApiService.Problems;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.ApiService.Administration;

/// <summary>A new bot.</summary>
/// <param name="Name">1 to 100 characters.</param>
/// <param name="Ai">How it talks to its model; what is left out has its default.</param>
/// <param name="Processing">How it deals with what comes in; what is left out has its default.</param>
internal sealed record CreateBotRequest(string? Name, AiSettings? Ai = null, ProcessingSettings? Processing = null);

/// <summary>A new connection.</summary>
/// <param name="Platform"><c>telegram</c>, <c>webchat</c>…</param>
/// <param name="DisplayName">1 to 100 characters; the bot's name when left out.</param>
/// <param name="Secrets">By the names that the platform's guide gives; never shown again.</param>
/// <param name="Settings">The platform's settings, an object.</param>
internal sealed record CreateConnectionRequest(string? Platform, string? DisplayName = null, Dictionary<string, string?>? Secrets = null, JsonElement? Settings = null);

/// <summary>Changes to a connection; what is left out stays, a secret or setting given as null is taken away.</summary>
/// <param name="Enabled">False: nothing is answered or sent; what webhooks bring meanwhile waits. True: it works again, and what waited is answered.</param>
internal sealed record ChangeConnectionRequest(string? DisplayName = null, Dictionary<string, string?>? Secrets = null, JsonElement? Settings = null, bool? Enabled = null)
{
    /// <summary>What is none of these.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Rest { get; init; }
}

/// <summary>An operator's message.</summary>
/// <param name="Text">CommonMark, 1 to 100,000 characters; may be left out with a suggestion, which is then sent as it is.</param>
/// <param name="Agent">Who writes; the API key's name when left out.</param>
/// <param name="SuggestionId">The suggestion that this is, perhaps edited.</param>
internal sealed record SendMessageRequest(string? Text = null, string? Agent = null, Guid? SuggestionId = null);

/// <summary>An operator speaks first.</summary>
/// <param name="To">The recipient, as the platform names it: a user, a chat, a phone number.</param>
/// <param name="Text">CommonMark, 1 to 100,000 characters.</param>
/// <param name="Agent">Who writes; the API key's name when left out.</param>
internal sealed record StartConversationRequest(string? To, string? Text, string? Agent = null);

/// <summary>What is asked, or sent, in place of what failed; as it was when left out.</summary>
internal sealed record ReplayRequest(string? Text = null);

/// <summary>Who takes the conversation over; the API key's name when left out.</summary>
internal sealed record HandOffRequest(string? Agent = null);

internal static class Requests
{
    /// <exception cref="MalformedQueryException">The limit lies outside 1 to 200.</exception>
    public static PageRequest Page(int? limit, string? cursor) => limit is null or (>= 1 and <= PageRequest.MaxLimit)
        ? new PageRequest(limit ?? PageRequest.DefaultLimit, string.IsNullOrEmpty(cursor) ? null : cursor)
        : throw new MalformedQueryException("limit", $"limit must lie between 1 and {PageRequest.MaxLimit}.");

    /// <summary>
    /// The versions in <c>If-Match</c>, or null when any will do. An entity tag that is not ours matches nothing, nor does a
    /// weak one: <see href="https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1">RFC 9110, 13.1.1</see>.
    /// </summary>
    public static ExpectedVersions? ExpectedVersions(HttpRequest request)
    {
        if (request.Headers.IfMatch.Count == 0 || request.Headers.IfMatch.ToString().Trim() == "*")
        {
            return null;
        }
        List<int> versions = [];
        foreach (var tag in request.GetTypedHeaders().IfMatch)
        {
            if (!tag.IsWeak && int.TryParse(tag.Tag.AsSpan().Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var version) && tag.Tag == Tag(version))
            {
                versions.Add(version);
            }
        }
        return new ExpectedVersions(versions);
    }

    /// <summary>Where the caller reached us, as they say: it may be no address at all.</summary>
    public static Uri RootOf(HttpRequest request) =>
        Uri.TryCreate($"{request.Scheme}://{request.Host}{request.PathBase}", UriKind.Absolute, out var root) ? root : new Uri("http://localhost");

    public static void WriteVersion(HttpResponse response, int version) =>
        response.Headers.ETag = Tag(version);

    /// <summary>The fields of a change are those that its answer has; what cannot be changed may come back with it, and stays as it is.</summary>
    /// <exception cref="MalformedBodyException">There is no such field: one that is misspelt must not be taken for one that was left out.</exception>
    public static void RequireKnown<TResponse>(IEnumerable<string> fields)
    {
        foreach (var field in fields)
        {
            if (!ApiJson.Options.GetTypeInfo(typeof(TResponse)).Properties.Any(p => p.Name.Equals(field, StringComparison.OrdinalIgnoreCase)))
            {
                throw new MalformedBodyException(new JsonException(null, $"$.{field}", null, null));
            }
        }
    }

    /// <summary>Applies a JSON merge patch (RFC 7396).</summary>
    /// <exception cref="MalformedBodyException">The result is not a <typeparamref name="T"/>.</exception>
    public static T Merge<T>(T stored, JsonObject patch)
    {
        try
        {
            var target = JsonSerializer.SerializeToNode(stored, ApiJson.Options)!.AsObject();
            Merge(target, patch);
            return target.Deserialize<T>(ApiJson.Options)!;
        }
        catch (JsonException e)
        {
            throw new MalformedBodyException(e);
        }
    }

    private static string Tag(int version) => string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");

    private static void Merge(JsonObject target, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            if (value is JsonObject inner && target[name] is JsonObject known)
            {
                Merge(known, inner);
            }
            else if (value is null)
            {
                target.Remove(name);
            }
            else
            {
                target[name] = value.DeepClone();
            }
        }
    }
}
