using System.Buffers;
using System.Net.Http.Headers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Infrastructure.Platforms.Meta;

/// <summary>Calls of the <see href="https://developers.facebook.com/docs/graph-api">Graph API</see>. The token goes in a header: addresses get into logs.</summary>
internal sealed class GraphApi(PlatformHttp http, IOptions<MetaOptions> options)
{
    /// <summary>The <see href="https://developers.facebook.com/docs/graph-api/changelog">version</see> that the requests are written for; each is served for about two years.</summary>
    public const string Version = "v25.0";

    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly Uri _root = new(options.Value.ApiBaseUrl.TrimEnd('/') + $"/{Version}/");

    /// <exception cref="PlatformCallException">There was no answer.</exception>
    public Task<PlatformAnswer> GetAsync(string path, string token, CancellationToken cancellationToken) =>
        CallAsync(HttpMethod.Get, path, token, null, cancellationToken);

    /// <exception cref="PlatformCallException">There was no answer.</exception>
    public Task<PlatformAnswer> PostAsync(string path, string token, ReadOnlyMemory<byte> json, CancellationToken cancellationToken) =>
        CallAsync(HttpMethod.Post, path, token, json, cancellationToken);

    /// <exception cref="PlatformCallException">There was no answer.</exception>
    public Task<PlatformAnswer> DeleteAsync(string path, string token, CancellationToken cancellationToken) =>
        CallAsync(HttpMethod.Delete, path, token, null, cancellationToken);

    /// <summary>Downloads what Meta gave the address of; from nowhere else, and over https unless the Graph API itself is reached without.</summary>
    /// <param name="token">What the address wants shown; null: nothing.</param>
    /// <exception cref="Application.Ports.MediaException">It cannot be had.</exception>
    public async Task<Application.Ports.Media> DownloadAsync(string? address, string? token, int maxBytes, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var url) || (url.Scheme != Uri.UriSchemeHttps && url.GetLeftPart(UriPartial.Authority) != _root.GetLeftPart(UriPartial.Authority)))
        {
            throw new Application.Ports.MediaException("refused");
        }
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        // Without a name the servers of WhatsApp's media answer with an error page.
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("ChatOrchestrator", "1.0"));
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
        return await http.DownloadAsync(request, maxBytes, cancellationToken);
    }

    /// <summary>Writes the object that a call is made with.</summary>
    public static ReadOnlyMemory<byte> Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }
        return buffer.WrittenMemory;
    }

    private async Task<PlatformAnswer> CallAsync(HttpMethod method, string path, string token, ReadOnlyMemory<byte>? json, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(_root, path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (json is { } body)
        {
            request.Content = new ReadOnlyMemoryContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        }
        return await http.SendAsync(request, cancellationToken);
    }
}
