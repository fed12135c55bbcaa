using System.Net.Security;

namespace ChatOrchestrator.Simulator.Telegram;

/// <summary>The connections to webhooks, and the methods for the calls that come back in their answers.</summary>
internal sealed class WebhookClient(Lazy<BotApiMethods> methods) : IDisposable
{
    private readonly HttpClient _strict = Create(acceptAny: false);

    // A bot that uploads its own certificate, or runs on this machine, need not be trusted by this machine's store.
    private readonly HttpClient _lenient = Create(acceptAny: true);

    public BotApiMethods Methods => methods.Value;

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, bool hasCertificate, CancellationToken cancellationToken) =>
        (hasCertificate || request.RequestUri!.IsLoopback ? _lenient : _strict).SendAsync(request, cancellationToken);

    public void Dispose()
    {
        _strict.Dispose();
        _lenient.Dispose();
    }

    private static HttpClient Create(bool acceptAny)
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false };
        if (acceptAny)
        {
            handler.SslOptions = new SslClientAuthenticationOptions
            {
#pragma warning disable CA5359 // Only for this machine and for certificates that the bot gave us.
                RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
            };
        }

        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = 1 << 20 };
    }
}
