using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Infrastructure.Platforms.Slack;

/// <summary>Calls of the <see href="https://docs.slack.dev/apis/web-api/">Web API</see>.</summary>
internal sealed class SlackApi
{
    private readonly PlatformHttp _http;
    private readonly Uri _base;

    public SlackApi(PlatformHttp http, IOptions<SlackOptions> options)
    {
        _http = http;
        var address = new Uri(options.Value.ApiBaseUrl);
        _base = new Uri(address.AbsolutePath == "/" ? new Uri(address, "/api").AbsoluteUri + "/" : address.AbsoluteUri.TrimEnd('/') + "/");
    }

    /// <summary>Calls a method with JSON arguments.</summary>
    /// <exception cref="PlatformCallException">There was no answer.</exception>
    public async Task<SlackAnswer> PostAsync(string method, string token, ReadOnlyMemory<byte> arguments, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_base, method)) { Content = new ReadOnlyMemoryContent(arguments) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
        return await SendAsync(request, token, cancellationToken);
    }

    /// <summary>Calls a method that reads, with its arguments in a form: those take no JSON.</summary>
    /// <exception cref="PlatformCallException">There was no answer.</exception>
    public async Task<SlackAnswer> ReadAsync(string method, string token, IReadOnlyDictionary<string, string> arguments, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_base, method)) { Content = new FormUrlEncodedContent(arguments) };
        return await SendAsync(request, token, cancellationToken);
    }

    /// <summary>Answers through a response URL, which needs no token.</summary>
    /// <exception cref="PlatformCallException">There was no answer.</exception>
    public async Task<PlatformAnswer> RespondAsync(Uri responseUrl, ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, responseUrl) { Content = new ReadOnlyMemoryContent(message) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
        return await _http.SendAsync(request, cancellationToken);
    }

    /// <summary>Downloads a file.</summary>
    /// <exception cref="MediaException">It cannot be had.</exception>
    public async Task<Media> DownloadAsync(Uri url, string token, int maxBytes, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await _http.DownloadAsync(request, maxBytes, cancellationToken);
    }

    /// <summary>Whether an address is Slack's, or that of what stands in for it: nothing else is called, and nothing else gets the token.</summary>
    public bool IsOurs(Uri url) =>
        (url.Scheme == Uri.UriSchemeHttps && (url.Host == "slack.com" || url.Host.EndsWith(".slack.com", StringComparison.OrdinalIgnoreCase)))
        || (url.Scheme == _base.Scheme && url.Authority == _base.Authority);

    private async Task<SlackAnswer> SendAsync(HttpRequestMessage request, string token, CancellationToken cancellationToken)
    {
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var answer = await _http.SendAsync(request, cancellationToken);
        try
        {
            return new SlackAnswer(answer.Status, JsonSerializer.Deserialize(answer.Body, SlackJson.Default.ApiAnswer), answer.RetryAfter);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return new SlackAnswer(answer.Status, null, answer.RetryAfter);
        }
    }
}

/// <summary>What Slack answered.</summary>
/// <param name="Body">Null: nothing that can be read.</param>
internal sealed record SlackAnswer(HttpStatusCode Status, ApiAnswer? Body, TimeSpan? RetryAfter)
{
    public bool IsOk => Body is { Ok: true };

    /// <summary>Slack's word for what is wrong, where it gave one.</summary>
    public string? Error => Body is { Ok: false } ? Body.Error : null;

    /// <exception cref="PlatformException">Slack refused.</exception>
    public ApiAnswer OrThrow() => IsOk ? Body! : throw SlackRefusal.ExceptionOf(this);
}
