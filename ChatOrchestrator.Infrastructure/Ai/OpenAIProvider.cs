using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net;
using OpenAI;

namespace ChatOrchestrator.Infrastructure.Ai;

/// <summary>One API that speaks OpenAI's protocol: OpenAI itself, a compatible server, or an Azure OpenAI resource.</summary>
internal sealed class OpenAIProvider
{
    /// <summary>Some local servers want a key to be sent and take any.</summary>
    private const string NoKey = "none";

    private readonly ProviderOptions _provider;
    private readonly HttpClient _http;
    private readonly OpenAIClient? _client;

    public OpenAIProvider(ProviderOptions provider, HttpClient http)
    {
        _provider = provider;
        _http = http;
        _client = provider.IsAzure && provider.ApiVersion is not null ? null : CreateClient(BaseUrl(provider));
    }

    public OpenAI.Chat.ChatClient Chat(string model) => ClientFor(model).GetChatClient(model);

    public OpenAI.Audio.AudioClient Audio(string model) => ClientFor(model).GetAudioClient(model);

    /// <summary>The dated versions of Azure's API have the deployment in the address: each one has a client of its own.</summary>
    private OpenAIClient ClientFor(string model) =>
        _client ?? CreateClient(new Uri($"{_provider.Endpoint!.TrimEnd('/')}/openai/deployments/{Uri.EscapeDataString(model)}"));

    private static Uri? BaseUrl(ProviderOptions provider) =>
        provider.IsAzure ? new Uri(provider.Endpoint!.TrimEnd('/') + "/openai/v1") : provider.Endpoint is { } endpoint ? new Uri(endpoint) : null;

    private OpenAIClient CreateClient(Uri? endpoint)
    {
        var options = new OpenAIClientOptions
        {
            Endpoint = endpoint,
            Transport = new Http2Transport(_http),
            // Retries, timeouts and telemetry are ours; the SDK's would be paid for on every call without adding anything.
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
            NetworkTimeout = Timeout.InfiniteTimeSpan,
            EnableDistributedTracing = false,
            ClientLoggingOptions = new ClientLoggingOptions { EnableLogging = false },
            UserAgentApplicationId = "ChatOrchestrator",
        };
        var key = _provider.ApiKey ?? NoKey;
        if (_provider.IsAzure)
        {
            options.AddPolicy(new AzurePolicy(key, _provider.ApiVersion), PipelinePosition.BeforeTransport);
        }
        return new OpenAIClient(new ApiKeyCredential(key), options);
    }

    /// <summary>Azure wants its keys in a header of its own, and the dated versions of its API a version in the address: <see href="https://learn.microsoft.com/azure/ai-foundry/openai/reference"/>.</summary>
    private sealed class AzurePolicy(string key, string? version) : PipelinePolicy
    {
        public override void Process(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex)
        {
            Address(message.Request);
            ProcessNext(message, pipeline, currentIndex);
        }

        public override ValueTask ProcessAsync(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex)
        {
            Address(message.Request);
            return ProcessNextAsync(message, pipeline, currentIndex);
        }

        private void Address(PipelineRequest request)
        {
            request.Headers.Remove("Authorization");
            request.Headers.Set("api-key", key);
            if (version is not null)
            {
                request.Uri = new UriBuilder(request.Uri!) { Query = "api-version=" + version }.Uri;
            }
        }
    }

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
