using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace ChatOrchestrator.Tests.ApiService;

/// <summary>A visitor of a web chat.</summary>
public sealed class WebChatVisitor(ApiProcess api, string connection, string token)
{
    public string Token => token;

    public (string Name, string Value) Authorization => ("Authorization", $"Bearer {token}");

    public static async Task<WebChatVisitor> OpenAsync(ApiProcess api, string connection) =>
        new(api, connection, (await api.PostAsync($"webchat/{connection}/sessions", new { })).Ok().Json.GetProperty("token").GetString()!);

    public Task<Answer> SayAsync(object? text, object? clientMessageId) => api.PostAsync($"webchat/{connection}/messages", new { text, clientMessageId }, Authorization);

    public Task<Answer> PressAsync(string text, string clientMessageId, string payload) =>
        api.PostAsync($"webchat/{connection}/messages", new { text, clientMessageId, payload }, Authorization);

    public async Task<JsonElement[]> ReadAsync(string query = "") =>
        [.. (await api.GetAsync($"webchat/{connection}/messages{query}", Authorization)).Ok().Json.GetProperty("items").EnumerateArray()];

    /// <summary>The conversation's id in the admin API.</summary>
    public async Task<string> ConversationAsync() =>
        (await api.PostAsync($"webchat/{connection}/sessions", new { token })).Ok().Json.GetProperty("conversationId").GetString()!;

    /// <summary>The stream's events, until cancelled.</summary>
    public async IAsyncEnumerable<(string Type, string? Id, JsonElement Data)> StreamAsync(long? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(api.Service.Address, $"webchat/{connection}/events"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (after is { } sequence)
        {
            request.Headers.Add("Last-Event-ID", $"{sequence}");
        }
        using var response = await api.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        response.EnsureSuccessStatusCode();
        response.Content.Headers.ContentType?.MediaType.ShouldBe("text/event-stream");
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        await foreach (var item in System.Net.ServerSentEvents.SseParser.Create(body).EnumerateAsync(cancellationToken))
        {
            yield return (item.EventType, item.EventId, JsonDocument.Parse(item.Data).RootElement);
        }
    }

    /// <summary>The stream's events up to and with the first that fits.</summary>
    public async Task<List<(string Type, string? Id, JsonElement Data)>> StreamUntilAsync(long? after, Func<string, JsonElement, bool> last, Func<Task>? whenOpen = null)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var events = new List<(string Type, string? Id, JsonElement Data)>();
        var opened = whenOpen is null ? Task.CompletedTask : whenOpen();
        await foreach (var entry in StreamAsync(after, deadline.Token))
        {
            events.Add(entry);
            if (last(entry.Type, entry.Data))
            {
                break;
            }
        }
        await opened;
        return events;
    }

    public static bool IsBotMessage(string type, JsonElement data) => type == "message" && data.GetProperty("role").GetString() == "bot";
}
