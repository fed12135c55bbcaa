namespace ChatOrchestrator.Infrastructure.Ai;

/// <summary>Which model answers, and how long it may take: the configuration section <c>Ai</c>.</summary>
public sealed class AiOptions
{
    public const string Section = "Ai";

    /// <summary>The base URL of an OpenAI-compatible API, ending in <c>/v1</c>; null: OpenAI's own.</summary>
    public string? Endpoint { get; set; }

    /// <summary>The API's key, by default the environment's <c>OPENAI_API_KEY</c>. A local server may need none.</summary>
    public string? ApiKey { get; set; }

    /// <summary>The model of bots that name none.</summary>
    public string Model { get; set; } = "gpt-4o-mini";

    /// <summary>The model that turns voice messages into text (<c>whisper-1</c>, <c>gpt-4o-mini-transcribe</c>); null: they are not read.</summary>
    public string? TranscriptionModel { get; set; }

    /// <summary>How long a streamed answer may take to begin, in seconds, 1 to 600.</summary>
    public int FirstTokenTimeoutSeconds { get; set; } = 30;

    /// <summary>How long one answer may take in all, retries included, in seconds, 1 to 600.</summary>
    public int TimeoutSeconds { get; set; } = 120;

    /// <summary>More places to ask for models, by name.</summary>
    public Dictionary<string, ProviderOptions> Providers { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The models with settings of their own, by the name that bots use. Any other name is asked for where <see cref="Model"/> is.</summary>
    public Dictionary<string, ModelOptions> Models { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What prices and budgets are in: three letters (ISO 4217). A label; nothing is converted.</summary>
    public string Currency { get; set; } = "USD";

    /// <summary>No key, no endpoint and no provider is configured.</summary>
    public bool IsDemo => Endpoint is null && ApiKey is null && Providers.Count == 0;

    internal TimeSpan FirstTokenTimeout => TimeSpan.FromSeconds(FirstTokenTimeoutSeconds);

    internal TimeSpan Timeout => TimeSpan.FromSeconds(TimeoutSeconds);
}
