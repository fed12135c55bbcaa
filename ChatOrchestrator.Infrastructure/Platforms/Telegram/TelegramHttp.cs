using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Infrastructure.Platforms.Telegram;

/// <summary>
/// The connections to the Bot API, shared by all bots. Not from the client factory: a Bot API address holds the bot's
/// token, which the factory's handlers write to the log and to traces, and the factory's retries would repeat messages
/// that may have arrived. The engine retries, by the outcome.
/// </summary>
internal sealed class TelegramHttp : IDisposable
{
    /// <summary>How long a call may take in all.</summary>
    public static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    private readonly HttpClient _calls;
    private readonly string _baseUrl;

    public TelegramHttp(IOptions<TelegramOptions> options)
    {
        _baseUrl = options.Value.ApiBaseUrl.TrimEnd('/');
        _calls = new HttpClient(CreateHandler(maxConnections: 256)) { Timeout = CallTimeout, MaxResponseContentBufferSize = 1 << 20 };
        // Every bot that is listened to holds one connection all the time: they must not take the places of calls.
        LongPolling = new HttpClient(CreateHandler(int.MaxValue)) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = 64 << 20 };
    }

    /// <summary>Without a time limit: each call brings its own.</summary>
    public HttpClient LongPolling { get; }

    public TelegramClient CreateClient(string token) => new(_calls, $"{_baseUrl}/bot{token}");

    public Uri MethodUrl(string token, string method) => new($"{_baseUrl}/bot{token}/{method}");

    /// <summary>Where a file is, by the path that <c>getFile</c> gave.</summary>
    public Uri FileUrl(string token, string path) => new($"{_baseUrl}/file/bot{token}/{path}");

    public void Dispose()
    {
        _calls.Dispose();
        LongPolling.Dispose();
    }

    private static SocketsHttpHandler CreateHandler(int maxConnections) => new()
    {
        MaxConnectionsPerServer = maxConnections,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
        ConnectTimeout = ConnectTimeout,
        UseCookies = false,
        AllowAutoRedirect = false,
        // Without a propagator there is no client span either: its url.full would carry the token to the trace store.
        ActivityHeadersPropagator = null,
    };
}
