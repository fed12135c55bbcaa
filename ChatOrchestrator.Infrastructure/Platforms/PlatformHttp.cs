using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Net;

namespace ChatOrchestrator.Infrastructure.Platforms;

/// <summary>
/// The connections to the HTTP APIs of platforms, shared by all of them. Not from the client factory: its handlers write
/// addresses, which may hold credentials, to the log and to traces, and its retries would repeat messages that may have
/// arrived. The engine retries, by the outcome.
/// </summary>
/// <param name="guard">Keeps addresses that come with messages (media) on the public internet; null: every address is called, as tests do.</param>
internal sealed class PlatformHttp(OutboundGuard? guard = null) : IDisposable
{
    /// <summary>How long a call may take in all.</summary>
    public static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(30);

    /// <summary>How long a download may take in all.</summary>
    private static readonly TimeSpan DownloadTimeout = TimeSpan.FromSeconds(60);

    private const int MaxAnswerBytes = 4 << 20;

    private readonly HttpClient _client = new(new SocketsHttpHandler
    {
        MaxConnectionsPerServer = 256,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
        ConnectTimeout = TimeSpan.FromSeconds(10),
        EnableMultipleHttp2Connections = true,
        AutomaticDecompression = DecompressionMethods.All,
        UseCookies = false,
        AllowAutoRedirect = false,
        ConnectCallback = guard is null ? null : guard.ConnectAsync,
        // Without a propagator there is no client span either: its url.full could carry a token to the trace store.
        ActivityHeadersPropagator = null,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
        MaxResponseContentBufferSize = MaxAnswerBytes,
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
    };

    /// <summary>Makes a call. Every status is an answer.</summary>
    /// <exception cref="PlatformCallException">There was no answer.</exception>
    public async Task<PlatformAnswer> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(CallTimeout);
        var started = Stopwatch.GetTimestamp();
        try
        {
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseContentRead, limit.Token);
            return new PlatformAnswer(response.StatusCode, await response.Content.ReadAsByteArrayAsync(limit.Token), response.Headers, response.Content.Headers.ContentType?.MediaType);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw PlatformCallException.Of(e, Stopwatch.GetElapsedTime(started));
        }
    }

    /// <summary>Downloads a file of at most <paramref name="maxBytes"/>.</summary>
    /// <exception cref="MediaException">It cannot be had.</exception>
    public async Task<Media> DownloadAsync(HttpRequestMessage request, int maxBytes, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(DownloadTimeout);
        try
        {
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            switch ((int)response.StatusCode)
            {
                case 404 or 410:
                    throw new MediaException("gone");
                case 429 or >= 500:
                    throw new MediaException("unreachable", temporary: true);
                case not (>= 200 and < 300):
                    throw new MediaException("refused");
            }
            if (response.Content.Headers.ContentLength > maxBytes)
            {
                throw new MediaException("too_large");
            }
            await using var body = await response.Content.ReadAsStreamAsync(limit.Token);
            using var bytes = new MemoryStream((int)(response.Content.Headers.ContentLength ?? 0));
            var buffer = new byte[64 * 1024];
            int read;
            while ((read = await body.ReadAsync(buffer, limit.Token)) > 0)
            {
                if (bytes.Length + read > maxBytes)
                {
                    throw new MediaException("too_large");
                }
                bytes.Write(buffer, 0, read);
            }
            return new Media(bytes.GetBuffer().AsMemory(0, (int)bytes.Length), response.Content.Headers.ContentType?.MediaType ?? "application/octet-stream");
        }
        catch (HttpRequestException e) when (e.InnerException is ForbiddenAddressException)
        {
            throw new MediaException("refused");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new MediaException("unreachable", temporary: true);
        }
    }

    public void Dispose() => _client.Dispose();
}

/// <summary>What a platform answered.</summary>
/// <param name="Body">At most 4 MiB.</param>
internal sealed record PlatformAnswer(HttpStatusCode Status, byte[] Body, HttpResponseHeaders Headers, string? ContentType)
{
    public bool IsSuccess => (int)Status is >= 200 and < 300;

    /// <summary>When the platform asks to come back, by its <c>Retry-After</c>; fractions of seconds are read too (Discord).</summary>
    public TimeSpan? RetryAfter =>
        Headers.TryGetValues("Retry-After", out var values)
            && double.TryParse(values.FirstOrDefault(), System.Globalization.NumberStyles.AllowDecimalPoint, System.Globalization.CultureInfo.InvariantCulture, out var seconds)
            && seconds < 86_400
            ? TimeSpan.FromSeconds(seconds)
            : null;
}
