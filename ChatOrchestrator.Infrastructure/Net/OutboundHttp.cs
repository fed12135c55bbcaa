using System.Net;

namespace ChatOrchestrator.Infrastructure.Net;

/// <summary>
/// The client for addresses that users give (notifications, tools, media): only the public internet, no redirects (a
/// redirect is the answer), no proxy that would resolve names behind our back, no cookies, and no span whose address could
/// hold a secret. Each call brings its own time limit.
/// </summary>
internal sealed class OutboundHttp(OutboundGuard guard) : IDisposable
{
    private const int MaxAnswerBytes = 4 << 20;

    public HttpClient Client { get; } = new(new SocketsHttpHandler
    {
        ConnectCallback = guard.ConnectAsync,
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        MaxConnectionsPerServer = 16,
        MaxResponseHeadersLength = 64,
        // The name is resolved and checked again at least this often.
        PooledConnectionLifetime = TimeSpan.FromMinutes(1),
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
    })
    {
        Timeout = TimeSpan.FromSeconds(60),
        MaxResponseContentBufferSize = MaxAnswerBytes,
    };

    public void Dispose() => Client.Dispose();
}
