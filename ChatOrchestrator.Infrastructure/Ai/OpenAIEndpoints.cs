using System.ClientModel;
using System.ClientModel.Primitives;
using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OpenAI;

namespace ChatOrchestrator.Infrastructure.Ai;

/// <summary>The models of one OpenAI-compatible API, on one connection pool. A model's client is made once, when it is first asked for.</summary>
internal sealed class OpenAIEndpoints : IDisposable
{
    /// <summary>Names come from bots' settings; past this many, those no longer used are forgotten with the rest.</summary>
    private const int MaxModels = 1_000;

    /// <summary>Some local servers want a key to be sent and take any.</summary>
    private const string NoKey = "none";

    private readonly ConcurrentDictionary<string, ModelEndpoint> _models = new(StringComparer.Ordinal);
    private readonly Func<string, ModelEndpoint> _create;
    private readonly HttpClient _http;
    private readonly OpenAIClient _client;
    private readonly string _defaultModel;

    public OpenAIEndpoints(IOptions<AiOptions> options, TimeProvider time, ILogger<OpenAIEndpoints> logger)
    {
        var ai = options.Value;
        _defaultModel = ai.Model;
        _http = CreateHttpClient();
        var clientOptions = new OpenAIClientOptions
        {
            Endpoint = ai.Endpoint is { } endpoint ? new Uri(endpoint) : null,
            Transport = new Http2Transport(_http),
            // Retries, timeouts and telemetry are ours; the SDK's would be paid for on every call without adding anything.
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
            NetworkTimeout = Timeout.InfiniteTimeSpan,
            EnableDistributedTracing = false,
            ClientLoggingOptions = new ClientLoggingOptions { EnableLogging = false },
            UserAgentApplicationId = "ChatOrchestrator",
        };
        _client = new OpenAIClient(new ApiKeyCredential(ai.ApiKey ?? NoKey), clientOptions);
        _create = model => new ModelEndpoint(model, _client.GetChatClient(model).AsIChatClient(), time, logger);
    }

    /// <summary>The models that were asked for, for the health check.</summary>
    public IEnumerable<ModelEndpoint> Used => _models.Select(static entry => entry.Value);

    public ModelEndpoint Default => For(null);

    public ModelEndpoint For(string? model)
    {
        if (string.IsNullOrEmpty(model))
        {
            model = _defaultModel;
        }
        if (_models.TryGetValue(model, out var known))
        {
            return known;
        }
        if (_models.Count >= MaxModels)
        {
            _models.Clear();
        }
        return _models.GetOrAdd(model, _create);
    }

    /// <summary>Speech to text by the same API.</summary>
    public OpenAI.Audio.AudioClient Audio(string model) => _client.GetAudioClient(model);

    public void Dispose() => _http.Dispose();

    private static HttpClient CreateHttpClient() => new(new SocketsHttpHandler
    {
        MaxConnectionsPerServer = 512,
        EnableMultipleHttp2Connections = true,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ConnectTimeout = TimeSpan.FromSeconds(10),
        // An API does not redirect; following one would hand the key and the prompt to another host.
        AllowAutoRedirect = false,
        UseCookies = false,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>HTTP/2 where TLS offers it, 1.1 elsewhere; the base class asks for 1.1 only.</summary>
    private sealed class Http2Transport(HttpClient client) : HttpClientPipelineTransport(client)
    {
        protected override void OnSendingRequest(PipelineMessage message, HttpRequestMessage httpRequest)
        {
            httpRequest.Version = HttpVersion.Version20;
            httpRequest.VersionPolicy = HttpVersionPolicy.RequestVersionOrLower;
        }
    }
}
