using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Infrastructure.Ai;

/// <summary>What the configuration says about models: who asks whom for what, and at which price.</summary>
internal sealed class ModelCatalog : IModelCatalog
{
    /// <summary>A chain is walked while the user waits.</summary>
    private const int MaxChain = 5;

    private readonly AiOptions _ai;
    private readonly Dictionary<string, ModelPrice> _prices = new(StringComparer.OrdinalIgnoreCase);

    private readonly Dictionary<string, CallPrice> _callPrices = new(StringComparer.OrdinalIgnoreCase);

    public ModelCatalog(IOptions<AiOptions> options)
    {
        _ai = options.Value;
        foreach (var (name, model) in _ai.Models)
        {
            if (model.MinutePrice is not null || model.RequestPrice is not null)
            {
                _callPrices.Add(name, new CallPrice(model.MinutePrice, model.RequestPrice));
            }
            if (model is { InputPrice: { } input, OutputPrice: { } output })
            {
                _prices.Add(name, new ModelPrice(input, model.CachedInputPrice ?? input, output));
            }
        }
        var others = _ai.Models.Keys.Where(name => !string.Equals(name, _ai.Model, StringComparison.OrdinalIgnoreCase)).Order(StringComparer.OrdinalIgnoreCase);
        Models = [.. others.Prepend(_ai.Model).Select(Describe)];
    }

    public string Currency => _ai.Currency;

    public IReadOnlyList<ModelListing> Models { get; }

    public ModelPrice? PriceOf(string? model) => _prices.GetValueOrDefault(Or(model));

    public CallPrice? CallPriceOf(string model) => _callPrices.GetValueOrDefault(model);

    public IReadOnlyList<string> ChainOf(string? model, IReadOnlyList<string>? fallbacks)
    {
        model = Or(model);
        IEnumerable<string>? next = fallbacks;
        next ??= _ai.Models.GetValueOrDefault(model)?.Fallbacks;
        return next is null ? [model] : [.. next.Prepend(model).Distinct(StringComparer.OrdinalIgnoreCase).Take(MaxChain)];
    }

    /// <summary>Nobody stands in for the model. As a bare look-up, for every call asks.</summary>
    public bool StandsAlone(string? model, IReadOnlyList<string>? fallbacks) =>
        fallbacks is { } chosen ? chosen.Count == 0 : !_ai.Models.TryGetValue(Or(model), out var known) || known.Fallbacks.Count == 0;

    /// <summary>Which provider is asked for a model, by which name, and how patiently.</summary>
    public ModelAddress AddressOf(string? model)
    {
        model = Or(model);
        var known = _ai.Models.GetValueOrDefault(model);
        // A name that nobody configured is a model of the provider that the default model has.
        var provider = (known ?? _ai.Models.GetValueOrDefault(_ai.Model))?.Provider;
        var timeout = TimeSpan.FromSeconds(known?.TimeoutSeconds ?? _ai.TimeoutSeconds);
        var firstToken = TimeSpan.FromSeconds(known?.FirstTokenTimeoutSeconds ?? _ai.FirstTokenTimeoutSeconds);
        return new ModelAddress(model, provider, known?.Name ?? model, firstToken < timeout ? firstToken : timeout, timeout);
    }

    private string Or(string? model) => string.IsNullOrEmpty(model) ? _ai.Model : model;

    private ModelListing Describe(string name)
    {
        var address = AddressOf(name);
        return new ModelListing(name, address.Provider, address.Name, string.Equals(name, _ai.Model, StringComparison.OrdinalIgnoreCase), [.. ChainOf(name, null).Skip(1)], PriceOf(name));
    }
}

/// <summary>Where a model is.</summary>
/// <param name="Model">As bots name it.</param>
/// <param name="Provider">A key of <c>Ai:Providers</c>; null: <c>Ai:Endpoint</c>.</param>
/// <param name="Name">As the provider names it.</param>
internal sealed record ModelAddress(string Model, string? Provider, string Name, TimeSpan FirstTokenTimeout, TimeSpan Timeout);
