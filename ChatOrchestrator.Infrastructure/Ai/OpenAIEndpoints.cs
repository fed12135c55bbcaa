using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Infrastructure.Ai;

/// <summary>The models of all providers, on one connection pool. A model's client is made once, when it is first asked for.</summary>
internal sealed class OpenAIEndpoints : IDisposable
{
    /// <summary>Names come from bots' settings; past this many, those no longer used are forgotten with the rest.</summary>
    private const int MaxModels = 1_000;

    private readonly ConcurrentDictionary<string, ModelEndpoint> _models = new(StringComparer.Ordinal);
    private readonly Dictionary<string, OpenAIProvider> _providers = new(StringComparer.OrdinalIgnoreCase);
    private readonly Func<string, ModelEndpoint> _create;
    private readonly ModelCatalog _catalog;
    private readonly HttpClient _http;
    private readonly OpenAIProvider _default;
    private readonly string _defaultModel;

    public OpenAIEndpoints(ModelCatalog catalog, IOptions<AiOptions> options, TimeProvider time, ILogger<OpenAIEndpoints> logger)
    {
        var ai = options.Value;
        _catalog = catalog;
        _defaultModel = ai.Model;
        _http = CreateHttpClient();
        _default = new OpenAIProvider(new ProviderOptions { Endpoint = ai.Endpoint, ApiKey = ai.ApiKey }, _http, time);
        foreach (var (name, provider) in ai.Providers)
        {
            _providers.Add(name, new OpenAIProvider(provider, _http, time));
        }
        _create = model =>
        {
            var address = catalog.AddressOf(model);
            return new ModelEndpoint(address, new OpenAIChatClient(ProviderOf(address), address.Name), time, logger);
        };
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

    /// <summary>The API that has a model, and what it calls it.</summary>
    public (OpenAIProvider Provider, string Name) Find(string model)
    {
        var address = _catalog.AddressOf(model);
        return (ProviderOf(address), address.Name);
    }

    public void Dispose() => _http.Dispose();

    private OpenAIProvider ProviderOf(ModelAddress address) => address.Provider is { } name ? _providers[name] : _default;

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
}
