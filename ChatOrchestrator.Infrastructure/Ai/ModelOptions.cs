namespace ChatOrchestrator.Infrastructure.Ai;

/// <summary>Where models are asked for: <c>Ai:Providers:{name}</c>.</summary>
public sealed class ProviderOptions
{
    public const string OpenAI = "openai";

    public const string Azure = "azure";

    /// <summary><c>openai</c> (any OpenAI-compatible API, the default) or <c>azure</c> (Azure OpenAI).</summary>
    public string Kind { get; set; } = OpenAI;

    /// <summary>
    /// For <c>openai</c> the base URL ending in <c>/v1</c>, null for OpenAI's own; for <c>azure</c> the resource, such as
    /// <c>https://NAME.openai.azure.com</c>.
    /// </summary>
    public string? Endpoint { get; set; }

    /// <summary>The API's key. A local server may need none.</summary>
    public string? ApiKey { get; set; }

    /// <summary>
    /// <c>azure</c> only: a dated version of the API (<c>2024-10-21</c>), by which models are addressed as deployments;
    /// null: the <see href="https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle">v1 API</see>, which needs none.
    /// </summary>
    public string? ApiVersion { get; set; }

    internal bool IsAzure => string.Equals(Kind, Azure, StringComparison.OrdinalIgnoreCase);
}

/// <summary>A model that bots name: <c>Ai:Models:{name}</c>.</summary>
public sealed class ModelOptions
{
    /// <summary>A key of <c>Ai:Providers</c>; null: <c>Ai:Endpoint</c> with <c>Ai:ApiKey</c>.</summary>
    public string? Provider { get; set; }

    /// <summary>What the provider calls it (for Azure OpenAI: the deployment); null: as it is called here.</summary>
    public string? Name { get; set; }

    /// <summary>Which models answer in its place, in this order, when it does not; a bot may name others.</summary>
    public IList<string> Fallbacks { get; } = [];

    /// <summary>How long a streamed answer may take to begin, in seconds, 1 to 600; null: <c>Ai:FirstTokenTimeoutSeconds</c>.</summary>
    public int? FirstTokenTimeoutSeconds { get; set; }

    /// <summary>How long one answer may take in all, in seconds, 1 to 600; null: <c>Ai:TimeoutSeconds</c>.</summary>
    public int? TimeoutSeconds { get; set; }

    /// <summary>What a million tokens of the prompt cost, in <c>Ai:Currency</c>; null: not known.</summary>
    public decimal? InputPrice { get; set; }

    /// <summary>What a million tokens of the prompt cost that the provider had cached; null: as <see cref="InputPrice"/>.</summary>
    public decimal? CachedInputPrice { get; set; }

    /// <summary>What a million tokens of the answer cost; null: not known.</summary>
    public decimal? OutputPrice { get; set; }

    /// <summary>Of a model that transcribes: what a minute of speech costs; null: it is not paid by the minute.</summary>
    public decimal? MinutePrice { get; set; }

    /// <summary>Of a model that transcribes or moderates: what one request costs; null: it is not paid by the request.</summary>
    public decimal? RequestPrice { get; set; }
}
