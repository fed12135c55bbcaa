using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace ChatOrchestrator.Tests.EndToEnd.Crowds;

/// <summary>Visitors of the web chat, which is our own platform: a page that is not sure whether a message was taken posts it again.</summary>
internal sealed class WebChatCrowd : Crowd
{
    private readonly ConcurrentDictionary<int, string> _tokens = new();
    private readonly ConcurrentDictionary<int, string> _last = new();

    public override string Platform => "webchat";

    public override bool Reorders => false;

    public override async Task SayAsync(int person, string text)
    {
        if (!_tokens.ContainsKey(person))
        {
            _tokens[person] = (await SendAsync(HttpMethod.Post, "sessions", null, new { })).GetProperty("token").GetString()!;
        }
        _last[person] = text;
        await PostAsync(person, text);
    }

    public override async Task<IReadOnlyList<string>> AnswersAsync(int person) =>
        [.. (await SendAsync(HttpMethod.Get, "messages?limit=100", _tokens[person])).GetProperty("items").EnumerateArray()
            .Where(m => m.GetProperty("role").GetString() == "bot").Select(m => m.GetProperty("text").GetString()!)];

    public override Task<bool> HangAsync(int person) => Task.FromResult(false);

    public override Task HoldAsync(int person) => Task.CompletedTask;

    public override Task ReleaseAsync(int person) => Task.CompletedTask;

    public override async Task RedeliverAsync(int people, Func<Task> says)
    {
        await says();
        await Task.WhenAll(Enumerable.Range(0, people).Select(person => PostAsync(person, _last[person])));
    }

    protected override object Body() => new { };

    private Task<JsonElement> PostAsync(int person, string text) => SendAsync(HttpMethod.Post, "messages", _tokens[person], new { text, clientMessageId = text });

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, string? token, object? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(Cluster.Api.Address, $"webchat/{Connection}/{path}")) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        using var response = await Cluster.Api.Client.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }
}
